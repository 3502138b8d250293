using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp;

/// <summary>Checks a <see cref="DnsAwareOptions"/> and reports all mistakes together, each with the value found and the remedy.</summary>
internal static class DnsAwareOptionsValidator
{
    /// <summary>The longest time that a timer of the runtime can wait, rounded down.</summary>
    internal static readonly TimeSpan MaxTimer = TimeSpan.FromDays(49);

    /// <exception cref="OptionsValidationException">One or more values are out of their ranges.</exception>
    public static void ThrowIfInvalid(DnsAwareOptions options) => ProblemsOf(options).ThrowIfAny(typeof(DnsAwareOptions));

    /// <summary>All mistakes in the options.</summary>
    public static OptionProblems ProblemsOf(DnsAwareOptions options)
    {
        OptionProblems problems = new();
        ValidateMembership(options, problems);
        ValidateServices(options, problems);
        problems.Defined(nameof(options.LoadBalancing), options.LoadBalancing);
        if (options.AddressFamily is not (AddressFamily.Unspecified or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            problems.Add($"{nameof(options.AddressFamily)} is {options.AddressFamily}; give Unspecified, InterNetwork or InterNetworkV6.");
        }

        problems.Between(nameof(options.MaxEndpointsPerOrigin), options.MaxEndpointsPerOrigin, 1, 10_000);
        problems.Between(
            nameof(options.ConnectAttemptDelay), options.ConnectAttemptDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10));
        problems.PositiveUpTo(nameof(options.ConnectTimeout), options.ConnectTimeout, TimeSpan.FromMinutes(5));
        problems.PositiveOrInfinite(nameof(options.DrainTimeout), options.DrainTimeout, MaxTimer);
        problems.Between(nameof(options.EmptyAnswerGrace), options.EmptyAnswerGrace, TimeSpan.Zero, TimeSpan.FromDays(1));
        problems.Between(nameof(options.OriginIdleTimeout), options.OriginIdleTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        problems.Between(nameof(options.MaxOrigins), options.MaxOrigins, 1, 1_000_000);
        ValidateSessions(options, problems);
        if (options.MaxRequestsPerConnection is int requests)
        {
            problems.Between(nameof(options.MaxRequestsPerConnection), requests, 1, int.MaxValue);
        }

        if (options.MaxPendingRequestsPerEndpoint is int pending)
        {
            problems.Between(nameof(options.MaxPendingRequestsPerEndpoint), pending, 0, int.MaxValue);
        }

        if (options.OutlierDetection is null)
        {
            problems.Add($"{nameof(options.OutlierDetection)} is null; give options. To switch it off, set their Enabled to false.");
        }

        options.OutlierDetection?.Validate(nameof(options.OutlierDetection), problems);
        options.Probe?.Validate(nameof(options.Probe), problems);
        return problems;
    }

    private static void ValidateMembership(DnsAwareOptions options, OptionProblems problems)
    {
        problems.Defined(nameof(options.Membership), options.Membership);
        foreach ((string host, MembershipMode mode) in options.MembershipByHost)
        {
            problems.Defined($"{nameof(options.MembershipByHost)}[\"{host}\"]", mode);
            if (string.IsNullOrWhiteSpace(host))
            {
                problems.Add($"{nameof(options.MembershipByHost)} has an empty key; give a host name, or host:port.");
            }
        }
    }

    private static void ValidateSessions(DnsAwareOptions options, OptionProblems problems)
    {
        if (options.SessionAffinity is not SessionAffinityOptions affinity)
        {
            return;
        }

        const int MaxSessions = 1_000_000;
        if (affinity.MaxSessions is < 1 or > MaxSessions)
        {
            problems.Add(
                $"{nameof(options.SessionAffinity)} has {nameof(affinity.MaxSessions)} {affinity.MaxSessions}; "
                + $"give a number from 1 to {MaxSessions}.");
        }

        (string Name, string? Value)[] names =
        [
            (nameof(affinity.HeaderName), affinity.HeaderName), (nameof(affinity.CookieName), affinity.CookieName),
            (nameof(affinity.QueryParameter), affinity.QueryParameter),
        ];
        foreach ((string name, string? value) in names.Where(name => name.Value is not null && string.IsNullOrWhiteSpace(name.Value)))
        {
            problems.Add($"{nameof(options.SessionAffinity)} has {name} \"{value}\"; give a name, or null.");
        }
    }

    private static void ValidateServices(DnsAwareOptions options, OptionProblems problems)
    {
        foreach ((string host, string service) in options.ServiceRecords)
        {
            if (string.IsNullOrWhiteSpace(host))
            {
                problems.Add($"{nameof(options.ServiceRecords)} has an empty key; give a host name, or host:port.");
            }

            if (ProblemOfService(service) is string problem)
            {
                problems.Add(
                    $"{nameof(options.ServiceRecords)}[\"{host}\"] is \"{service}\", {problem}; "
                    + "give the name of a service, such as _http._tcp.orders.example.com (RFC 2782).");
            }
        }
    }

    private static string? ProblemOfService(string? service) =>
        string.IsNullOrEmpty(service) ? "which names nothing"
        : IPAddress.TryParse(service, out _) ? "which is an address"
        : DnsMessageWriter.ProblemOf(service) switch
        {
            NameProblem.None => null,
            NameProblem.NameTooLong => "which is longer than 253 characters",
            NameProblem.LabelTooLong => "which has a label of more than 63 characters",
            NameProblem.LabelEmpty => "which has an empty label",
            _ => "which has a character that is not printable ASCII (IDN is written in its ASCII form)",
        };
}
