namespace DnsAwareHttp.IntegrationTests;

/// <summary>A test that needs programs of the machine. Without them it is skipped with the reason, or fails where <c>DNSAWARE_REQUIRE_SERVERS=1</c> says that they must be there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    public ServerFactAttribute(params string[] programs) => Skip = Machine.WhyNot(programs, needsRoot: false);
}

/// <summary>As <see cref="ServerFactAttribute"/>, with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerTheoryAttribute : TheoryAttribute
{
    public ServerTheoryAttribute(params string[] programs) => Skip = Machine.WhyNot(programs, needsRoot: false);
}

/// <summary>A test that makes network namespaces, for which it needs root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute(params string[] programs) => Skip = Machine.WhyNot([.. programs, "ip"], needsRoot: true);
}

/// <summary>As <see cref="NamespaceFactAttribute"/>, with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceTheoryAttribute : TheoryAttribute
{
    public NamespaceTheoryAttribute(params string[] programs) => Skip = Machine.WhyNot([.. programs, "ip"], needsRoot: true);
}
