namespace DnsAwareHttp.Tests.House;

/// <summary>The measures are taken right: each rule on sources that keep it by a hair, and that break it by one.</summary>
public sealed class SourceRulesTests
{
    [Theory]
    [InlineData(250, false)]
    [InlineData(251, true)]
    public void LongFiles_CountsLines(int lines, bool isFound) =>
        new SourceRules("A.cs", string.Concat(Enumerable.Repeat("// line\n", lines))).LongFiles().Should().HaveCount(isFound ? 1 : 0);

    [Fact]
    public void LongFiles_LastLineWithoutABreak_Counts() =>
        new SourceRules("A.cs", string.Concat(Enumerable.Repeat("// line\n", 250)) + "// line").LongFiles().Should().Equal("A.cs: 251 lines");

    [Theory]
    [InlineData(140, "\n")]
    [InlineData(140, "\r\n")]
    [InlineData(141, "\n")]
    [InlineData(141, "\r\n")]
    public void LongLines_CountsColumnsWithoutTheBreak(int columns, string end) =>
        new SourceRules("A.cs", $"{end}//{new string('x', columns - 2)}{end}").LongLines().Should().Equal(columns > 140 ? ["A.cs:2: 141 columns"] : []);

    [Theory]
    [InlineData("void M()\n{\nBODY}", 37, 38)]
    [InlineData("public C()\n{\nBODY}", 37, 38)]
    [InlineData("int P\n{\nget\n{\nBODY}\n}", 37, 38)]
    [InlineData("void M() => N(\nBODY);", 38, 39)]
    [InlineData("int P => N(\nBODY);", 38, 39)]
    [InlineData("void O()\n{\nvoid M()\n{\nBODY}\n}", 34, 35)]
    public void LongMethods_CountsFromTheSignatureToTheEnd(string member, int fits, int breaks)
    {
        Member(member.Replace("BODY", string.Concat(Enumerable.Repeat("// line\n", fits)), StringComparison.Ordinal)).LongMethods().Should().BeEmpty();
        Member(member.Replace("BODY", string.Concat(Enumerable.Repeat("// line\n", breaks)), StringComparison.Ordinal)).LongMethods().Should().ContainSingle().Which.Should().Contain("41 lines");
    }

    [Fact]
    public void LongMethods_AttributesAndComments_DoNotCount() =>
        Member($"{string.Concat(Enumerable.Repeat("/// <summary>line</summary>\n[Obsolete]\n", 30))}void M()\n{{\n}}").LongMethods().Should().BeEmpty();

    [Theory]
    [InlineData("if (a) { foreach (int i in b) { lock (c) { } } }", 3)]
    [InlineData("if (a) { foreach (int i in b) { lock (c) { try { } finally { } } } }", 4)]
    [InlineData("if (a) { } else if (b) { } else if (c) { } else if (d) { } else { }", 1)]
    [InlineData("try { } catch (E) when (f) { if (a) { while (b) { } } }", 3)]
    [InlineData("switch (a) { case 1: if (b) { using (c) { } } break; }", 3)]
    [InlineData("switch (a) { case 1: { if (b) { using (c) { } } break; } }", 4)]
    [InlineData("N(() => { if (a) { if (b) { } } });", 3)]
    [InlineData("N(async () => { if (a) { if (b) { N(x => { }); } } });", 4)]
    [InlineData("if (a) { if (b) { void L() { if (c) { if (d) { } } } } }", 2)]
    [InlineData("if (a) if (b) if (c) if (d) { }", 1)]
    [InlineData("_ = new A { B = { C = { D = { E = 1 } } } };", 0)]
    [InlineData("_ = a switch { 1 => b switch { 2 => c switch { 3 => d switch { _ => 4 } } } };", 0)]
    public void DeepMethods_CountsBlocksInBlocks(string body, int depth) =>
        Member($"void M() {{ {body} }}").DeepMethods().Should().Equal(depth > 3 ? [$"A.cs:3 M: {depth} levels of blocks"] : []);

    [Fact]
    public void DeepMethods_LocalFunction_IsMeasuredByItself() =>
        Member("void M() { void L() { if (a) { if (b) { if (c) { if (d) { } } } } } }").DeepMethods().Should().Equal("A.cs:3 L: 4 levels of blocks");

    [Theory]
    [InlineData("class A(PARAMETERS);")]
    [InlineData("struct A(PARAMETERS);")]
    [InlineData("record A(PARAMETERS);")]
    [InlineData("record struct A(PARAMETERS);")]
    [InlineData("class A { A(PARAMETERS) { } }")]
    [InlineData("class A { sealed record B(PARAMETERS) : C; }")]
    public void WideConstructors_CountsParameters(string type)
    {
        string With(int count) => type.Replace("PARAMETERS", string.Join(", ", Enumerable.Range(0, count).Select(number => $"int p{number} = 1")), StringComparison.Ordinal);

        new SourceRules("A.cs", With(7)).WideConstructors().Should().BeEmpty();
        new SourceRules("A.cs", With(8)).WideConstructors().Should().ContainSingle().Which.Should().EndWith("8 parameters of a constructor");
    }

    [Fact]
    public void WideConstructors_Method_MayHaveMore() =>
        Member("void M(int a, int b, int c, int d, int e, int f, int g, int h) { }").WideConstructors().Should().BeEmpty();

    [Theory]
    [InlineData("void M_NeedsLock() { Debug.Assert(_lock.IsHeldByCurrentThread); N(); }", true)]
    [InlineData("void M_NeedsLock() { Debug.Assert(owner._lock.IsHeldByCurrentThread, \"why\"); }", true)]
    [InlineData("void M_NeedsLock() { _lock.AssertHeld(); N(); }", true)]
    [InlineData("void M_NeedsLock() { // why\n _owner.Lock.AssertHeld(); }", true)]
    [InlineData("static void O() { void M_NeedsLock() { _lock.AssertHeld(); } }", true)]
    [InlineData("int M_NeedsLock { get { _lock.AssertHeld(); return 1; } }", true)]
    [InlineData("abstract void M_NeedsLock();", true)]
    [InlineData("void M() { N_NeedsLock(); }", true)]
    [InlineData("void M_NeedsLock() { }", false)]
    [InlineData("void M_NeedsLock() => N();", false)]
    [InlineData("void M_NeedsLock() => _lock.AssertHeld();", false)]
    [InlineData("int M_NeedsLock => 1;", false)]
    [InlineData("void M_NeedsLock() { N(); _lock.AssertHeld(); }", false)]
    [InlineData("void M_NeedsLock() { if (a) { _lock.AssertHeld(); } }", false)]
    [InlineData("void M_NeedsLock() { Debug.Assert(true); }", false)]
    [InlineData("void M_NeedsLock() { Debug.Assert(!_lock.IsHeldByCurrentThread); }", false)]
    [InlineData("void M_NeedsLock() { Debug.Assert(a || _lock.IsHeldByCurrentThread); }", false)]
    [InlineData("static void O() { void M_NeedsLock() { } }", false)]
    [InlineData("int M_NeedsLock { get { return 1; } }", false)]
    public void MethodsThatDoNotAssertTheirLock_LooksAtTheFirstStatement(string member, bool isRight) =>
        Member(member).MethodsThatDoNotAssertTheirLock().Should().HaveCount(isRight ? 0 : 1);

    [Fact]
    public void Errors_SourceThatIsNoCSharp_IsTold() => new SourceRules("A.cs", "class A {").Errors.Should().ContainSingle();

    private static SourceRules Member(string member)
    {
        SourceRules rules = new("A.cs", $"class A\n{{\n{member}\n}}\n");
        rules.Errors.Should().BeEmpty();
        return rules;
    }
}
