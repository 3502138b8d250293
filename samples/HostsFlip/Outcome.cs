using System.Net;

namespace HostsFlip;

/// <summary>How one request ended. Times count from the start of the demo.</summary>
internal abstract record Outcome(TimeSpan Sent, TimeSpan Ended)
{
    public sealed record Answered(TimeSpan Sent, TimeSpan Ended, IPAddress Server) : Outcome(Sent, Ended);

    public sealed record Failed(TimeSpan Sent, TimeSpan Ended, string Reason) : Outcome(Sent, Ended);
}
