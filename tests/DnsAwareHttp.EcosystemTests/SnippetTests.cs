using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DnsAwareHttp.EcosystemTests;

/// <summary>Each piece of C# in README and in the documentation compiles, without a warning.</summary>
public sealed class SnippetTests
{
    // What a fragment may take for given. A complete program, which begins with its using directives, gets nothing.
    private const string Context = """
        using System.Net;
        using System.Net.Sockets;
        using System.Net.WebSockets;
        using DnsAwareHttp;
        using DnsAwareHttp.DnsClient;
        using DnsClient;
        using Grpc.Net.Client;
        using Grpc.Net.Client.Configuration;
        using Microsoft.AspNetCore.SignalR.Client;
        internal static class Context
        {
            internal static IServiceCollection services = null!;
            internal static WebApplicationBuilder builder = null!;
            internal static WebApplication app = null!;
            internal static IHttpMessageHandlerFactory handlers = null!;
            internal static DnsAwareHandler handler = null!;
            internal static HttpClient httpClient = null!;
            internal static HttpRequestMessage request = null!;
            internal static Uri uri = null!;
            internal static string url = null!;
            internal static CancellationToken cancellationToken = CancellationToken.None;
            internal static TaskCompletionSource reconnect = null!;
        }
        """;

    // Those of Microsoft.NET.Sdk.Web.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // Its program needs parts of the tests, and a package that changes assemblies.
    private static readonly string[] NotCompiled = ["docs/fuzzing.md"];

    // The SDK does not report them either: an older assembly is referred to.
    private static readonly Dictionary<string, ReportDiagnostic> NotWarnings =
        new() { ["CS1701"] = ReportDiagnostic.Suppress, ["CS1702"] = ReportDiagnostic.Suppress };

    private static readonly string Root = Path.GetFullPath(Path.Combine(
        typeof(SnippetTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "ProjectFolder").Value!, "..", ".."));

    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != typeof(SnippetTests).Assembly.GetName().Name)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static TheoryData<string> Snippets()
    {
        TheoryData<string> places = [];
        foreach (string file in Pages())
        {
            string[] lines = File.ReadAllLines(Path.Combine(Root, file));
            for (int line = 0; line < lines.Length; line++)
            {
                if (lines[line].Trim() == "```csharp")
                {
                    places.Add($"{file}:{line + 1}");
                }
            }
        }

        return places;
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void ASnippet_Compiles(string place)
    {
        string snippet = Snippet(place);

        Problems(snippet).Should().BeEmpty(snippet);
    }

    [Theory]
    [InlineData("var handler = new DnsAwareHandler(nothing);")]
    [InlineData("services.AddHttpClient(\"orders\").AddDnsAwareHandlers();")]
    [InlineData("using DnsAwareHttp;\nvar client = new HttpClient(new DnsAwareHandler(42));")]
    public void AWrongSnippet_DoesNotCompile(string snippet) => Problems(snippet).Should().NotBeEmpty();

    private static IEnumerable<string> Pages() => Directory.EnumerateFiles(Root, "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Path.Combine(Root, "samples"), "*.md", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(page => !NotCompiled.Contains(page) && !page.Contains("/bin/") && !page.Contains("/obj/"))
        .Order(StringComparer.Ordinal);

    private static string Snippet(string place)
    {
        string[] parts = place.Split(':');
        return string.Join('\n', File.ReadLines(Path.Combine(Root, parts[0])).Skip(int.Parse(parts[1])).TakeWhile(line => line.Trim() != "```"));
    }

    private static string[] Problems(string snippet)
    {
        bool isComplete = snippet.TrimStart().StartsWith("using ", StringComparison.Ordinal) && snippet.Split('\n')[0].TrimEnd().EndsWith(';')
            && !snippet.Split('\n')[0].Contains('=');
        string[] sources = isComplete
            ? [ImplicitUsings, snippet]
            : [ImplicitUsings, $"using static Context;\n{Context[..Context.IndexOf("internal", StringComparison.Ordinal)]}{snippet}", Context];
        CSharpParseOptions options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet",
            sources.Select(source => CSharpSyntaxTree.ParseText(source, options)),
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
                .WithSpecificDiagnosticOptions(NotWarnings));
        return [.. compilation.GetDiagnostics().Where(problem => problem.Severity >= DiagnosticSeverity.Warning).Select(problem => problem.ToString())];
    }
}
