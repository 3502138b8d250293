using Convergence.Measuring;
using Convergence.Stories;

namespace Convergence.Reports;

/// <summary>Who answers, by the time at which a request was due: a bar for each tenth of a second.</summary>
internal sealed class AnswersPanel : IPanel
{
    public string Title => "which address answers";

    public IEnumerable<(string Colour, string Text)> Legend =>
        [(Svg.First, "an address of the first answer"), (Svg.New, "a new address"), (Svg.Sick, "the unwell address"), (Svg.Failure, "failed")];

    public void Draw(Svg svg, Recording recording, Lane lane)
    {
        string[] sick = [.. recording.Story.Steps.Where(step => step.Kind is StepKind.BrownOut or StepKind.Silence).SelectMany(step => step.Addresses)];
        foreach ((double x, Sample[] samples) in lane.Bins(recording.Samples))
        {
            double bottom = lane.Bottom;
            foreach (IGrouping<string, Sample> same in samples.GroupBy(Colour).OrderBy(same => Array.IndexOf([Svg.First, Svg.New, Svg.Sick, Svg.Failure], same.Key)))
            {
                double height = lane.Height * same.Count() / samples.Length;
                bottom -= height;
                svg.Rectangle(x, bottom, lane.BinWidth - 0.6, height, same.Key);
            }
        }

        string Colour(Sample sample) => sample.HasFailed ? Svg.Failure
            : sick.Contains(sample.Address) ? Svg.Sick
            : recording.Story.First.Contains(sample.Address) ? Svg.First
            : Svg.New;
    }
}
