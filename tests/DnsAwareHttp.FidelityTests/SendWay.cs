namespace DnsAwareHttp.FidelityTests;

/// <summary>How an application sends a request.</summary>
public enum SendWay
{
    Client,
    ClientBuffered,
    ClientSync,
    Invoker,
    InvokerSync,
}
