using System.Collections.Immutable;
using DnsAwareHttp.Health;

namespace DnsAwareHttp.OutcomesBenchmark.Policies;

/// <summary>The library's own rule: its counts, its detector and its ejections, on simulated servers.</summary>
internal sealed class LibraryRule : TwoChoices
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly OutlierDetectionOptions _options;
    private readonly Server[] _servers;
    private double _markedAt;
    private bool _isChanged;
    private bool _othersFail;

    public LibraryRule(int servers, Random random, OutlierDetectionOptions? options = null)
        : base(servers, random)
    {
        _options = options ?? new OutlierDetectionOptions();
        _servers = [.. Enumerable.Range(0, servers).Select(_ => new Server())];
    }

    public override bool IsOut(int server) => _servers[server].IsEjected;

    public override int Pick(double now)
    {
        int tried = Array.FindIndex(_servers, static server => server is { IsOnTrial: true, IsTried: false });
        if (tried >= 0)
        {
            _servers[tried].IsTried = true;
            return tried;
        }

        return base.Pick(now);
    }

    public override void OnSent(int server)
    {
        base.OnSent(server);
        _servers[server].TotalRequests++;
        _servers[server].ActiveRequests++;
    }

    public override void OnEnded(int server, bool failed, double now)
    {
        base.OnEnded(server, failed, now);
        Server one = _servers[server];
        if (failed)
        {
            OnBad(server, one, now);
        }
        else
        {
            OnGood(one, now);
        }

        one.ActiveRequests--;
        Publish();
    }

    public override void Tick(double now)
    {
        _othersFail = Array.Exists(_servers, static server => server.IsEjected)
            && OutlierDetector.Fail([.. _servers.Where(static server => !server.IsEjected).Select(static server => server.Outcomes)]);
        foreach (Server server in _servers)
        {
            server.Pressure /= 2;
            server.IsOnTrial |= server.IsEjected && (_othersFail || At(now) >= server.Ejection!.Until);
        }

        if (Array.Exists(_servers, static server => server.Outcomes.Latest(EndpointOutcomes.Parts).Bad > 0))
        {
            JudgeWindow(now);
        }

        if (now - _markedAt >= _options.Window.TotalSeconds / EndpointOutcomes.Parts)
        {
            _markedAt = now;
            Array.ForEach(_servers, static server => server.Outcomes.Mark(1));
        }

        Publish();
    }

    protected override double Share(int server) => 1.0 / (1 + _servers[server].Pressure);

    private static DateTimeOffset At(double now) => Start.AddSeconds(now);

    private void OnGood(Server one, double now)
    {
        one.Outcomes.OnGood();
        if (one.IsOnTrial && one.IsTried)
        {
            one.Ejection = one.Ejection! with { Ended = At(now) };
            one.IsEjected = one.IsOnTrial = one.IsTried = false;
            one.Pressure += 8;
            one.Outcomes.Forget();
            _isChanged = true;
        }
    }

    private void OnBad(int server, Server one, double now)
    {
        one.Pressure++;
        FailureRun run = one.Outcomes.OnBad(default, () => PeersOf(server));
        OutcomeCounts peers = run.Peers.Meanwhile;
        bool isAboutNow = run.Peers.AnsweredWellBefore(peers, one.Outcomes.Tally);
        if (one.IsEjected && one.IsTried && _othersFail)
        {
            one.IsOnTrial = one.IsTried = false;
        }
        else if (one.IsEjected ? one.IsTried : isAboutNow && OutlierDetector.FailsInARow(run, peers, _options))
        {
            Eject(one, now);
        }
    }

    private void JudgeWindow(double now)
    {
        OutcomeCounts[][] each = [.. _servers.Select(static server => server.Outcomes.Window())];
        OutcomeCounts[] all =
        [
            .. Enumerable.Range(0, EndpointOutcomes.Parts)
                .Select(part => each.Aggregate(default(OutcomeCounts), (sum, one) => sum + one[part])),
        ];
        for (int i = 0; i < each.Length; i++)
        {
            if (!_servers[i].IsEjected && OutlierDetector.FailsTooOften(each[i], all, _options) is not null)
            {
                Eject(_servers[i], now);
            }
        }
    }

    private void Eject(Server one, double now)
    {
        int ejected = _servers.Count(static server => server.IsEjected);
        if (one.IsEjected || OutlierDetector.MayEject(ejected, _servers.Length, _options.MaxEjectedShare))
        {
            one.Ejection = Ejection.Next(one.Ejection, _options, TimeSpan.Zero, Random.NextDouble(), At(now));
            one.IsEjected = true;
            one.IsOnTrial = one.IsTried = false;
            _isChanged = true;
        }
    }

    private void Publish()
    {
        if (_isChanged)
        {
            Use(Enumerable.Range(0, Servers).Where(server => !_servers[server].IsEjected));
            _isChanged = false;
        }
    }

    private ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)> PeersOf(int server) =>
        [.. _servers.Where(other => other != _servers[server]).Select(static other => (other.Outcomes, other.Outcomes.Tally))];

    private sealed class Server : IRequestCounts
    {
        public Server() => Outcomes = new EndpointOutcomes(this);

        public EndpointOutcomes Outcomes { get; }

        public long TotalRequests { get; set; }

        public long ActiveRequests { get; set; }

        public int Pressure { get; set; }

        public Ejection? Ejection { get; set; }

        public bool IsEjected { get; set; }

        public bool IsOnTrial { get; set; }

        public bool IsTried { get; set; }
    }
}
