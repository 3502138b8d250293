namespace DnsAwareHttp.Tests.House;

/// <summary>The sources of all libraries keep the measures of the house.</summary>
public sealed class HouseRulesTests
{
    private static readonly SourceRules[] Files = [.. SourceTree.AllLibraries().Select(file => new SourceRules(file.File, file.Text))];

    [Fact]
    public void EveryFile_IsRead()
    {
        Files.Should().HaveCountGreaterThan(100);
        Files.SelectMany(file => file.Errors).Should().BeEmpty();
    }

    [Fact]
    public void EveryFile_HasAtMost250Lines() => Found(static file => file.LongFiles()).Should().BeEmpty();

    [Fact]
    public void EveryLine_HasAtMost140Columns() => Found(static file => file.LongLines()).Should().BeEmpty();

    [Fact]
    public void EveryMethod_HasAtMost40Lines() => Found(static file => file.LongMethods()).Should().BeEmpty();

    [Fact]
    public void EveryMethod_NestsAtMostThreeBlocks() => Found(static file => file.DeepMethods()).Should().BeEmpty();

    [Fact]
    public void EveryConstructor_HasAtMostSevenParameters() => Found(static file => file.WideConstructors()).Should().BeEmpty();

    [Fact]
    public void EveryMethodThatNeedsALock_AssertsItFirst() => Found(static file => file.MethodsThatDoNotAssertTheirLock()).Should().BeEmpty();

    // One text, so that a failure lists all of them.
    private static string Found(Func<SourceRules, IEnumerable<string>> rule) => string.Join('\n', Files.SelectMany(rule));
}
