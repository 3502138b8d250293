using System.Text;
using Convergence.Contenders;
using Convergence.Measuring;
using Convergence.Reports;
using Convergence.Stories;

namespace Convergence;

/// <summary>All stories, for all contenders, one after the other; tables and pictures of what came of it.</summary>
internal static class Contest
{
    private const int WarmUpClients = 2;

    // Many times what a story takes.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        Directory.CreateDirectory(arguments.Output);
        StringBuilder report = new();
        await WarmUpAsync(arguments);
        foreach (Story story in arguments.Stories)
        {
            List<Result> results = [];
            Pace pace = new(Math.Min(arguments.Scale, story.MaxScale));
            foreach (Contender contender in arguments.Contenders.Where(contender => contender.CanPlay(story)))
            {
                Console.Error.WriteLine($"{story.Name}: {contender.Name} ...");
                results.Add(new Result(await PlayAsync(story, contender, arguments.Flips, pace)));
            }

            string table = StoryReport.Of(story, pace, results);
            Console.WriteLine(table);
            report.AppendLine(table);
            await WriteAsync(arguments.Output, story, results, report.ToString());
        }

        Console.Error.WriteLine($"Tables and pictures are in {Path.GetFullPath(arguments.Output)}.");
        return 0;
    }

    private static async Task<Recording> PlayAsync(Story story, Contender contender, int clients, Pace pace)
    {
        using CancellationTokenSource late = new(Slack + pace.Ttls(story.Beginning + story.Learning + story.Quiet + story.After));
        Recording recording = await new Play(story, contender, clients, pace).RunAsync(late.Token).WaitAsync(late.Token);
        GC.Collect();
        return recording;
    }

    // So that the first row is not that of code which is being compiled.
    private static async Task WarmUpAsync(Arguments arguments)
    {
        foreach (Speech speech in arguments.Stories.Select(story => story.Speech).Distinct())
        {
            Story warmUp = StoryCatalogue.All[0] with { Beginning = 0.3, Quiet = 0.2, After = 1, Speech = speech };
            foreach (Contender contender in arguments.Contenders.Where(contender => contender.CanPlay(warmUp)))
            {
                await PlayAsync(warmUp, contender, WarmUpClients, new Pace(30));
            }
        }
    }

    private static async Task WriteAsync(string folder, Story story, List<Result> results, string report)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "results.md"), report);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{story.Name}-answers.svg"), StoryPicture.Of(results, new AnswersPanel()));
        await File.WriteAllTextAsync(Path.Combine(folder, $"{story.Name}-latency.svg"), StoryPicture.Of(results, new LatencyPanel()));
        await File.WriteAllTextAsync(Path.Combine(folder, $"{story.Name}-connections.svg"), StoryPicture.Of(results, new ConnectionsPanel(results)));
    }
}
