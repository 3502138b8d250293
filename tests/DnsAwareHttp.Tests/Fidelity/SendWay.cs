namespace DnsAwareHttp.Tests.Fidelity;

/// <summary>How an application sends a request.</summary>
public enum SendWay
{
    Client,
    ClientBuffered,
    ClientSync,
    Invoker,
    InvokerSync,
}
