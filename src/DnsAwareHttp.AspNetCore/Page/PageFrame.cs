using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The page around its sections: head, style, script, and the policy that allows these two and nothing else.</summary>
internal static class PageFrame
{
    private static readonly string Style = Read("page.css");
    private static readonly string Script = Read("page.js");

    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src '{Hash(Style)}'; script-src '{Hash(Script)}'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <param name="sections">The sections, in their order.</param>
    /// <param name="self">The path of the page, without a slash at its end.</param>
    public static string Around(IReadOnlyList<Section> sections, string self)
    {
        Html html = new();
        html.Raw("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>DnsAwareHttp</title>")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Raw("<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">")
            .Raw("<link rel=\"icon\" href=\"data:,\"><noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript><style>")
            .Raw(Style).Raw("</style></head><body><header><h1>DnsAwareHttp</h1>")
            .Raw("<p><span id=\"live\" role=\"status\">as of now</span> <a href=\"").Text($"{self}/json")
            .Raw("\">JSON</a></p></header><main>");
        foreach (Section section in sections)
        {
            html.Raw(section.Html);
        }

        return html.Raw("</main><script>").Raw(Script).Raw("</script></body></html>").ToString();
    }

    private static string Hash(string content) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    // A browser hashes the text as it parsed it, with line feeds alone.
    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
