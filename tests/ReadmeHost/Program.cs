using ReadmeHost;

// Runs the programs that were made of README and of the documentation. Arguments: the folder of each, whose name says what it is.
string certificateFile = Path.Combine(Path.GetTempPath(), $"api-{Guid.NewGuid():n}.pem");
await using ApiServer server = await ApiServer.StartAsync(certificateFile);
int failed = 0;
foreach (string folder in args)
{
    string name = Path.GetFileName(folder);
    using SnippetProgram program = new(folder, certificateFile);
    try
    {
        await (name switch
        {
            "console" => PrintsTheAnswerAsync(program),
            "worker" => PollsAsync(program),
            "web" => ServesAsync(program, "/", ApiServer.Body),
            "status" => ServesAsync(program, "/dns-aware", "<title>DnsAwareHttp</title>", "/healthz", "Healthy"),
            "resolver" => program.EndsAsync(),
            _ => throw new SnippetException("nobody said what it should do"),
        });
        Console.WriteLine($"{name}: passed");
    }
    catch (Exception failure)
    {
        failed++;
        Console.WriteLine($"{name}: FAILED: {failure.Message}\n{program.Output}");
    }
}

File.Delete(certificateFile);
return failed;

static async Task PrintsTheAnswerAsync(SnippetProgram program)
{
    await program.EndsAsync();
    await program.WroteAsync(ApiServer.Body);
}

static async Task PollsAsync(SnippetProgram program)
{
    await program.WroteAsync(ApiServer.Body);
    await program.StopsAsync();
}

static async Task ServesAsync(SnippetProgram program, params string[] pathsAndTexts)
{
    using HttpClient browser = new() { BaseAddress = new Uri(await program.WroteAsync("Now listening on: ")) };
    foreach (string[] pair in pathsAndTexts.Chunk(2))
    {
        string text = await browser.GetStringAsync(pair[0]);
        if (!text.Contains(pair[1], StringComparison.Ordinal))
        {
            throw new SnippetException($"{pair[0]} answers '{text[..Math.Min(text.Length, 200)]}'");
        }
    }

    await program.StopsAsync();
}
