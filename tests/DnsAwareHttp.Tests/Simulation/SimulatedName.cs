using System.Net;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>What DNS says of <c>svc.test</c>.</summary>
/// <remarks>Each answer carries its number in its TTL, so that one can tell which of them has been taken in.</remarks>
internal sealed class SimulatedName(ScriptedResolver dns)
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(2);

    private bool _isHeld;
    private Answer _answer = new Answer.Empty(EmptyReason.NxDomain, Ttl);

    /// <summary>The number of the latest answer.</summary>
    public long Number { get; private set; }

    /// <summary>The addresses of the latest answer.</summary>
    public IReadOnlyList<IPAddress> Addresses => _answer is Answer.Found found ? found.Addresses : [];

    public bool Fails { get; private set; }

    /// <summary>The number of an answer as it comes out at the other end; null for a failure.</summary>
    public static long? NumberOf(Answer answer) => answer switch
    {
        Answer.Found found => (found.Ttl - Ttl).Ticks,
        Answer.Empty empty => (empty.NegativeTtl - Ttl).Ticks,
        _ => null,
    };

    public void Says(IEnumerable<IPAddress> addresses) => Says(new Answer.Found([.. addresses], NextTtl()));

    public void SaysThatThereIsNone() => Says(new Answer.Empty(EmptyReason.NxDomain, NextTtl()));

    /// <summary>Questions fail until something is said again.</summary>
    public void Fail()
    {
        Fails = true;
        dns.Fails("svc.test");
    }

    public void Recover() => Says(_answer);

    /// <summary>No question is answered until the next call.</summary>
    public void HoldOrRelease()
    {
        if (_isHeld)
        {
            dns.Release();
        }
        else
        {
            dns.Hold();
        }

        _isHeld = !_isHeld;
    }

    public void Release()
    {
        if (_isHeld)
        {
            HoldOrRelease();
        }
    }

    private TimeSpan NextTtl() => Ttl + TimeSpan.FromTicks(++Number);

    private void Says(Answer answer)
    {
        Fails = false;
        _answer = answer;
        dns.Says("svc.test", answer);
    }
}
