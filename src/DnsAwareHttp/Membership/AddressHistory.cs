using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>When the answers about a name had one address. The unit of time is one answer.</summary>
/// <param name="Address">The address.</param>
/// <param name="First">The number of the first answer that had it.</param>
/// <param name="Last">The number of the last answer that had it.</param>
/// <param name="Run">Answers in a row that had it, up to the last one.</param>
/// <param name="Returns">Absences that ended. Halved together with <paramref name="Chances"/>, so that old absences lose weight.</param>
/// <param name="Chances">The length of these absences, in answers. Each such answer was a chance to return.</param>
internal readonly record struct AddressHistory(IPAddress Address, int First, int Last, int Run, int Returns, int Chances)
{
    public static AddressHistory New(IPAddress address, int number) => new(address, number, number, Run: 1, Returns: 0, Chances: 0);

    /// <summary>Answers in a row that lacked the address, up to the answer of that number.</summary>
    public int MissesAt(int number) => number - Last;

    /// <summary>Whether its absence, or its presence before that, was at most that long.</summary>
    /// <remarks>Both are long when a set grows and shrinks by the same addresses.</remarks>
    public bool WasBrief(int number, int longest) => Math.Min(number - Last - 1, Run) <= longest;

    /// <summary>The history after an answer that has the address.</summary>
    public AddressHistory SeenAgain(int number, int maxChances)
    {
        int gap = number - Last - 1;
        int chances = Chances + gap;
        int returns = Returns + (gap > 0 ? 1 : 0);
        bool halve = chances > maxChances;
        return this with
        {
            Last = number,
            Run = gap == 0 ? Run + 1 : 1,
            Returns = halve ? (returns + 1) / 2 : returns,
            Chances = halve ? (chances + 1) / 2 : chances,
        };
    }
}
