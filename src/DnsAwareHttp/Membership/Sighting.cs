using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>When an address was seen in the answers about a name, counted in answers.</summary>
/// <param name="Address">The address.</param>
/// <param name="First">The first answer that had it.</param>
/// <param name="Last">The last answer that had it.</param>
/// <param name="Run">How many answers in a row had it, up to the last one.</param>
/// <param name="Returns">How often it came back after an absence; halved now and then, so that old ones count less.</param>
/// <param name="Chances">How many answers these absences lasted in all, each a chance to come back; halved together with <paramref name="Returns"/>.</param>
internal readonly record struct Sighting(IPAddress Address, int First, int Last, int Run, int Returns, int Chances)
{
    private const int ShortRun = 3;
    private const int MaxChances = 128;

    public static Sighting New(IPAddress address, int number) => new(address, number, number, 1, 0, 0);

    /// <summary>Answers in a row that lacked it, as of an answer.</summary>
    public int MissesAt(int number) => number - Last;

    /// <summary>Whether it was away, or had been there before, for a few answers only: both are long when a set grows and shrinks.</summary>
    public bool IsShort(int number) => Math.Min(number - Last - 1, Run) <= ShortRun;

    public Sighting SeenAgain(int number)
    {
        int gap = number - Last - 1;
        int chances = Chances + gap;
        int returns = Returns + (gap > 0 ? 1 : 0);
        bool halve = chances > MaxChances;
        return this with
        {
            Last = number,
            Run = gap == 0 ? Run + 1 : 1,
            Returns = halve ? (returns + 1) / 2 : returns,
            Chances = halve ? (chances + 1) / 2 : chances,
        };
    }
}
