using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace DnsAwareHttp.Tests.House;

/// <summary>The measures of the house, read from the syntax of one file. Each finding names the place and the measure.</summary>
internal sealed class SourceRules
{
    public const int MaxLinesOfFile = 250;
    public const int MaxColumns = 140;
    public const int MaxLinesOfMethod = 40;
    public const int MaxNesting = 3;
    public const int MaxConstructorParameters = 7;

    private const string LockSuffix = "_NeedsLock";

    private readonly string _file;
    private readonly SourceText _text;
    private readonly SyntaxNode _root;

    public SourceRules(string file, string text)
    {
        _file = file;
        SyntaxTree tree = CSharpSyntaxTree.ParseText(text, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest));
        _text = tree.GetText();
        _root = tree.GetRoot();
        Errors = [.. tree.GetDiagnostics().Where(problem => problem.Severity == DiagnosticSeverity.Error).Select(problem => $"{file}: {problem}")];
    }

    /// <summary>Why the file could not be read. What is not read is not measured.</summary>
    public IReadOnlyList<string> Errors { get; }

    public IEnumerable<string> LongFiles()
    {
        int lines = LinesOf(_root.FullSpan) - (_text.Length > 0 && _text[^1] == '\n' ? 1 : 0);
        return lines > MaxLinesOfFile ? [$"{_file}: {lines} lines"] : [];
    }

    public IEnumerable<string> LongLines() => _text.Lines.Where(line => line.Span.Length > MaxColumns)
        .Select(line => $"{_file}:{line.LineNumber + 1}: {line.Span.Length} columns");

    public IEnumerable<string> LongMethods() => Methods().Select(method => (Method: method, Lines: LinesOf(WithoutAttributes(method))))
        .Where(method => method.Lines > MaxLinesOfMethod)
        .Select(method => $"{Place(method.Method)}: {method.Lines} lines");

    public IEnumerable<string> DeepMethods() => Methods().Select(method => (Method: method, Depth: DepthOf(method)))
        .Where(method => method.Depth > MaxNesting)
        .Select(method => $"{Place(method.Method)}: {method.Depth} levels of blocks");

    public IEnumerable<string> WideConstructors() => _root.DescendantNodes().Select(node => (Node: node, Parameters: ConstructorParametersOf(node)))
        .Where(made => made.Parameters?.Parameters.Count > MaxConstructorParameters)
        .Select(made => $"{Place(made.Node)}: {made.Parameters!.Parameters.Count} parameters of a constructor");

    public IEnumerable<string> MethodsThatDoNotAssertTheirLock() => Methods().Where(method => NameOf(method).EndsWith(LockSuffix, StringComparison.Ordinal))
        .Where(method => FirstStatementOf(method) is not ExpressionStatementSyntax first || !IsAssertionOfALock(first.Expression))
        .Select(method => $"{Place(method)}: its first statement does not assert its lock");

    // Whatever has a body: methods, constructors, operators, accessors, local functions, and properties that are one expression.
    private IEnumerable<SyntaxNode> Methods() => _root.DescendantNodes().Where(node => BodyOf(node) is not null);

    private static SyntaxNode? BodyOf(SyntaxNode node) => node switch
    {
        BaseMethodDeclarationSyntax method => (SyntaxNode?)method.Body ?? method.ExpressionBody,
        AccessorDeclarationSyntax accessor => (SyntaxNode?)accessor.Body ?? accessor.ExpressionBody,
        LocalFunctionStatementSyntax local => (SyntaxNode?)local.Body ?? local.ExpressionBody,
        PropertyDeclarationSyntax property => property.ExpressionBody,
        IndexerDeclarationSyntax indexer => indexer.ExpressionBody,
        _ => null,
    };

    // The block of the method itself is no level. A local function is a method of its own; a lambda is not.
    private static int DepthOf(SyntaxNode method)
    {
        SyntaxNode body = BodyOf(method)!;
        return body.DescendantNodes(node => node == body || node is not LocalFunctionStatementSyntax)
            .Where(IsLevel)
            .Select(level => level.AncestorsAndSelf().TakeWhile(node => node != body).Count(IsLevel))
            .DefaultIfEmpty(0)
            .Max();
    }

    private static bool IsLevel(SyntaxNode node) => node is BlockSyntax { Parent: not LocalFunctionStatementSyntax } or SwitchStatementSyntax;

    private static ParameterListSyntax? ConstructorParametersOf(SyntaxNode node) => node switch
    {
        ConstructorDeclarationSyntax constructor => constructor.ParameterList,
        TypeDeclarationSyntax type => type.ParameterList,
        _ => null,
    };

    private static StatementSyntax? FirstStatementOf(SyntaxNode method) => BodyOf(method) is BlockSyntax block ? block.Statements.FirstOrDefault() : null;

    // Debug.Assert(_lock.IsHeldByCurrentThread) or _lock.AssertHeld().
    private static bool IsAssertionOfALock(ExpressionSyntax expression) => expression is InvocationExpressionSyntax call && call.Expression switch
    {
        MemberAccessExpressionSyntax { Name.Identifier.Text: "AssertHeld" } => call.ArgumentList.Arguments.Count == 0,
        MemberAccessExpressionSyntax { Name.Identifier.Text: "Assert", Expression: IdentifierNameSyntax { Identifier.Text: "Debug" } } =>
            call.ArgumentList.Arguments is [{ Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "IsHeldByCurrentThread" } }, ..],
        _ => false,
    };

    private int LinesOf(TextSpan span)
    {
        LinePositionSpan lines = _text.Lines.GetLinePositionSpan(span);
        return lines.End.Line - lines.Start.Line + 1;
    }

    private static TextSpan WithoutAttributes(SyntaxNode node)
    {
        SyntaxNodeOrToken first = node.ChildNodesAndTokens().First(child => !child.IsKind(SyntaxKind.AttributeList));
        return TextSpan.FromBounds(first.SpanStart, node.Span.End);
    }

    private string Place(SyntaxNode node) => $"{_file}:{_text.Lines.GetLineFromPosition(WithoutAttributes(node).Start).LineNumber + 1} {NameOf(node)}";

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax property } => property.Identifier.Text,
        TypeDeclarationSyntax type => type.Identifier.Text,
        _ => node.Kind().ToString(),
    };
}
