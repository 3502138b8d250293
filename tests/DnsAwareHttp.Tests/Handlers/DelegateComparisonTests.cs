using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class DelegateComparisonTests
{
    [Fact]
    public void ClosuresWithTheSameValues_AreTheSame()
    {
        object service = new();

        AreSame(Make(1, service), Make(1, service)).Should().BeTrue();
        AreSame(Make(1, service), Make(2, service)).Should().BeFalse();
        AreSame(Make(1, service), Make(1, new object())).Should().BeFalse("an object of the application is the same as itself only");

        static Func<string> Make(int number, object service) => () => $"{number} {service}";
    }

    [Fact]
    public void ClosuresWithinClosures_AreCompared()
    {
        AreSame(Make("a"), Make("a")).Should().BeTrue();
        AreSame(Make("a"), Make("b")).Should().BeFalse();

        static Func<string> Make(string text)
        {
            Func<string> inner = () => text;
            return () => inner();
        }
    }

    [Fact]
    public void ClosuresThatReferToThemselves_AreCompared()
    {
        AreSame(Make("a"), Make("a")).Should().BeTrue();
        AreSame(Make("a"), Make("b")).Should().BeFalse();

        static Func<string> Make(string text)
        {
            Func<string>? self = null;
            self = () => self is null ? "" : text;
            return self;
        }
    }

    [Fact]
    public void MethodsOfObjects_AreTheSameIfTheObjectsAreEqual()
    {
        AreSame(new Pin("a").Check, new Pin("a").Check).Should().BeTrue();
        AreSame(new Pin("a").Check, new Pin("b").Check).Should().BeFalse();
        AreSame(new Pin("a").Check, new Pin("a").Deny).Should().BeFalse();
    }

    [Fact]
    public void SeveralInOne_AreComparedOneByOne()
    {
        Func<string, bool> a = new Pin("a").Check;
        Func<string, bool> b = new Pin("b").Check;

        AreSame(a + b, a + b).Should().BeTrue();
        AreSame(a + b, b + a).Should().BeFalse();
        AreSame(a + b, a).Should().BeFalse();
        DelegateComparison.AreSame(null, a).Should().BeFalse();
        DelegateComparison.AreSame(null, null).Should().BeTrue();
    }

    private static bool AreSame<T>(T one, T other)
        where T : Delegate => DelegateComparison.AreSame(one, other);

    private static bool AreSame(Func<string, bool> one, Func<string, bool> other) => DelegateComparison.AreSame(one, other);

    private sealed record Pin(string Text)
    {
        public bool Check(string text) => text == Text;

        public bool Deny(string text) => text != Text;
    }
}
