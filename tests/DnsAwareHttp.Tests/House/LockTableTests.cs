using System.Text.RegularExpressions;
using DnsAwareHttp.Concurrency;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DnsAwareHttp.Tests.House;

/// <summary>The tables of locks and semaphores in the notes about the house are those of the sources.</summary>
public sealed partial class LockTableTests
{
    // The lock inside OrderedLock is the means, not one more lock.
    private static readonly SyntaxNode[] Sources =
    [
        .. SourceTree.AllLibraries().Where(file => Path.GetFileName(file.File) != "OrderedLock.cs")
            .Select(file => CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Latest)).GetRoot()),
    ];

    private static readonly string[][] Rows =
    [
        .. File.ReadAllLines(Path.Combine(SourceTree.Root, "README.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Cells),
    ];

    private static string[][] Locks => [.. Rows.Where(row => row.Length == 4)];

    private static string[][] Semaphores => [.. Rows.Where(row => row.Length == 2)];

    [Fact]
    public void TableOfLocks_HasEachRankOnceInItsOrder() => Locks.SelectMany(row => Names(row[0])).Should().Equal(Enum.GetNames<LockRank>());

    [Fact]
    public void TableOfLocks_HasEachLockWithItsRank_AndNoOther() =>
        Locks.SelectMany(row => Names(row[1]).Select(owner => $"{row[0].Trim('`')}: {owner}")).Should().BeEquivalentTo(MadeLocks());

    [Fact]
    public void TableOfLocks_NamesOnlyEarlierRanksAsOuterLocks()
    {
        string[] order = Enum.GetNames<LockRank>();
        Locks.Where(row => row[3] != "-" && !Names(row[3]).Any()).Should().BeEmpty("a dash says that no lock is taken outside");
        Locks.SelectMany(row => Names(row[3]), (row, outer) => (Outer: outer, Inner: row[0].Trim('`')))
            .Where(pair => Array.IndexOf(order, pair.Outer) is var at && (at < 0 || at >= Array.IndexOf(order, pair.Inner)))
            .Should().BeEmpty();
    }

    [Fact]
    public void TableOfSemaphores_HasEachSemaphore_AndNoOther() =>
        Semaphores.SelectMany(row => Names(row[0])).Should()
            .BeEquivalentTo(Fields().Where(field => field.Type == nameof(SemaphoreSlim)).Select(field => field.Name));

    [Fact]
    public void Sources_UseNoOtherKindOfLock()
    {
        string[] kinds =
            [nameof(Lock), nameof(Mutex), nameof(Semaphore), nameof(ReaderWriterLock), nameof(ReaderWriterLockSlim), nameof(SpinLock)];

        Sources.SelectMany(root => root.DescendantNodes()).OfType<LockStatementSyntax>().Should().BeEmpty();
        Sources.SelectMany(root => root.DescendantNodes()).OfType<MemberAccessExpressionSyntax>()
            .Where(access => access.Expression.ToString() == nameof(Monitor)).Should().BeEmpty();
        Fields().Where(field => kinds.Contains(field.Type)).Should().BeEmpty();
        Sources.SelectMany(root => root.DescendantNodes()).OfType<ObjectCreationExpressionSyntax>().Select(made => made.Type.ToString())
            .Where(kinds.Append(nameof(SemaphoreSlim)).Contains).Should().BeEmpty("a semaphore is made where its field is declared");
    }

    /// <summary>Each use of a rank makes a lock: "Rank: Owner.field".</summary>
    private static IEnumerable<string> MadeLocks() => Sources.SelectMany(root => root.DescendantNodes())
        .OfType<MemberAccessExpressionSyntax>()
        .Where(access => access.Expression is IdentifierNameSyntax { Identifier.Text: nameof(LockRank) })
        .Select(access => $"{access.Name}: {OwnerOf(access)}.{FieldOf(access)}");

    private static IEnumerable<(string Type, string Name)> Fields() => Sources.SelectMany(root => root.DescendantNodes())
        .OfType<FieldDeclarationSyntax>()
        .SelectMany(
            field => field.Declaration.Variables,
            (field, name) => (field.Declaration.Type.ToString().TrimEnd('?'), $"{OwnerOf(field)}.{name.Identifier}"));

    private static string OwnerOf(SyntaxNode node) => node.Ancestors().OfType<TypeDeclarationSyntax>().First().Identifier.Text;

    private static string FieldOf(SyntaxNode node) => node.Ancestors().Select(outer => outer switch
    {
        AssignmentExpressionSyntax assignment => assignment.Left.ToString(),
        VariableDeclaratorSyntax field => field.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        _ => null,
    }).First(name => name is not null)!;

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static IEnumerable<string> Names(string cell) => Name().Matches(cell).Select(match => match.Groups[1].Value);

    [GeneratedRegex("`([\\w.]+)`")]
    private static partial Regex Name();
}
