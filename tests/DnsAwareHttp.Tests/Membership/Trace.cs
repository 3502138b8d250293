using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.Tests.Membership;

/// <summary>Answers that a seed makes up, one after the other, and what must hold after each whatever the policy.</summary>
internal static class Trace
{
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IPAddress Address(int number) => new([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    public static ImmutableArray<IPAddress> Addresses(params int[] numbers) => [.. numbers.Select(Address)];

    public static string[] Names(Members members) => [.. members.All.Select(member => member.Address.ToString())];

    public static string[] Gone(Members members) => [.. members.Departed.Select(departure => departure.Address.ToString())];

    /// <summary>Runs a policy over 100 made-up answers and checks each decision.</summary>
    public static void Check(IMembershipPolicy policy, int max, int seed)
    {
        Random random = new(seed);
        Members members = Members.None;
        for (int step = 0; step < 100; step++)
        {
            ImmutableArray<IPAddress> answer = Answer(random, max);
            DateTimeOffset now = Start.AddSeconds(step);
            Members next = policy.Decide(members, answer, isComplete: false, now);
            CheckStep(members, next, answer, max, now, $"seed {seed}, step {step}");
            members = next;
        }
    }

    private static ImmutableArray<IPAddress> Answer(Random random, int max)
    {
        // Mostly fewer addresses than the maximum, now and then more; from a pool of twice as many.
        int size = random.Next(1, random.Next(5) == 0 ? max * 2 : max + 1);
        int[] numbers = [.. Enumerable.Range(0, max * 2)];
        random.Shuffle(numbers);
        return Addresses(numbers[..size]);
    }

    private static void CheckStep(
        Members before, Members after, ImmutableArray<IPAddress> answer, int max, DateTimeOffset now, string where)
    {
        IPAddress[] old = [.. before.All.Select(member => member.Address)];
        IPAddress[] members = [.. after.All.Select(member => member.Address)];
        IPAddress[] departed = [.. after.Departed.Select(departure => departure.Address)];

        members.Should().OnlyHaveUniqueItems(where).And.HaveCountLessThanOrEqualTo(max, where).And.NotBeEmpty(where);
        departed.Should().OnlyHaveUniqueItems(where).And.BeSubsetOf(old, where);
        departed.Should().BeEquivalentTo(old.Except(members), where);
        members.Except(old).Should().BeSubsetOf(answer, where);
        if (answer.Length <= max)
        {
            members.Should().StartWith(answer, (one, other) => one.Equals(other), where);
            departed.Should().NotContain(address => answer.Contains(address), where);
        }
        else
        {
            members.Should().BeSubsetOf(answer.Concat(old), where);
        }

        after.All.Where(member => !IsRight(member)).Should().BeEmpty(where);

        bool IsRight(Member member)
        {
            bool present = answer.Contains(member.Address);
            DateTimeOffset firstSeen = before.All.FirstOrDefault(known => known.Address.Equals(member.Address))?.FirstSeen ?? now;
            return member.LastSeen == now == present && member.Absences == 0 == present && member.FirstSeen == firstSeen;
        }
    }
}
