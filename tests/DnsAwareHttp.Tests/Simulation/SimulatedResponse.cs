using System.Net;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>A response that counts its disposal: one that is lost would keep its connection.</summary>
internal sealed class SimulatedResponse(HttpStatusCode status, Tally tally) : HttpResponseMessage(status)
{
    private int _disposals;

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Increment(ref _disposals) == 1)
        {
            tally.Count(Happening.ResponsesDisposed);
        }

        base.Dispose(disposing);
    }
}
