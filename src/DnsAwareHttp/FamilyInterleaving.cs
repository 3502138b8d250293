using System.Net.Sockets;

namespace DnsAwareHttp;

/// <summary>
/// Address families take turns, so that a family that does not work costs one attempt only (RFC 8305 section 4, First Address Family Count
/// 1).
/// </summary>
internal static class FamilyInterleaving
{
    /// <summary>All items, alternating between the families. Each family keeps its order.</summary>
    /// <param name="ranked">The items, the best one first.</param>
    /// <param name="familyOf">The family of an item.</param>
    /// <param name="preferred">The family that begins, if an item has it. If not, the family of the first item begins.</param>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> ranked, Func<T, AddressFamily> familyOf, AddressFamily preferred)
    {
        if (ranked.Count == 0)
        {
            return ranked;
        }

        ILookup<AddressFamily, T> families = ranked.ToLookup(familyOf);
        AddressFamily first = families.Contains(preferred) ? preferred : familyOf(ranked[0]);
        return [.. Alternate([.. families[first]], [.. families.Where(family => family.Key != first).SelectMany(family => family)])];
    }

    private static IEnumerable<T> Alternate<T>(T[] first, T[] second)
    {
        for (int turn = 0; turn < Math.Max(first.Length, second.Length); turn++)
        {
            if (turn < first.Length)
            {
                yield return first[turn];
            }

            if (turn < second.Length)
            {
                yield return second[turn];
            }
        }
    }
}
