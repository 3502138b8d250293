using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>One policy that follows one trace, watched by somebody who knows what really is in service.</summary>
internal sealed class Simulation(IMembershipPolicy policy)
{
    private const double RequestsPerStep = 100;

    private readonly HashSet<IPAddress> _outOfService = [];
    private readonly Dictionary<IPAddress, (int Step, int AnswersBefore)> _notYetLeft = [];
    private readonly ImmutableArray<Removal>.Builder _removals = ImmutableArray.CreateBuilder<Removal>();
    private Members _members = Members.None;
    private int _answers;
    private int _changes;
    private int _departures;
    private int _needless;
    private int _needlessAfterLearning;
    private double _requestsToRemoved;
    private int _peak;

    public static Score Run(IMembershipPolicy policy, ImmutableArray<Step> steps) => new Simulation(policy).Follow(steps);

    private Score Follow(ImmutableArray<Step> steps)
    {
        for (int i = 0; i < steps.Length; i++)
        {
            Change(steps[i], i);
            if (!steps[i].IsLost)
            {
                Decide(steps[i]);
            }

            SendRequests();
        }

        foreach (IPAddress kept in _notYetLeft.Keys)
        {
            Note(kept, wasLeft: false);
        }

        return new Score
        {
            Answers = _answers,
            Changes = _changes,
            Departures = _departures,
            Needless = _needless,
            NeedlessAfterLearning = _needlessAfterLearning,
            Removals = _removals.ToImmutable(),
            RequestsToRemoved = _requestsToRemoved,
            PeakPools = _peak,
        };
    }

    private void Change(Step step, int number)
    {
        _changes += step.Removed.Length + step.Returned.Length;
        _outOfService.UnionWith(step.Removed);
        foreach (Member member in _members.All.Where(member => _outOfService.Contains(member.Address)))
        {
            _ = _notYetLeft.TryAdd(member.Address, (number, _answers));
        }

        _outOfService.ExceptWith(step.Returned);
        foreach (IPAddress kept in step.Returned.Where(_notYetLeft.ContainsKey))
        {
            Note(kept, wasLeft: false);
            _ = _notYetLeft.Remove(kept);
        }
    }

    private void Decide(Step step)
    {
        Members before = step.IsOfOtherSources ? _members.WithoutHistory() : _members;
        _members = policy.Decide(before, step.Answer, isComplete: false, step.At);
        _answers++;
        _peak = Math.Max(_peak, _members.All.Length);
        HashSet<IPAddress> now = [.. _members.All.Select(member => member.Address)];
        foreach (Member gone in before.All.Where(member => !now.Contains(member.Address)))
        {
            Depart(gone.Address);
        }
    }

    private void Depart(IPAddress address)
    {
        _departures++;
        if (_notYetLeft.ContainsKey(address))
        {
            Note(address, wasLeft: true);
            _ = _notYetLeft.Remove(address);
        }
        else if (!_outOfService.Contains(address))
        {
            _needless++;
            _needlessAfterLearning += _answers > Score.LearningAnswers ? 1 : 0;
        }
    }

    private void Note(IPAddress address, bool wasLeft)
    {
        (int step, int answersBefore) = _notYetLeft[address];
        _removals.Add(new Removal(address, step, _answers - answersBefore, wasLeft));
    }

    private void SendRequests()
    {
        int members = _members.All.Length;
        if (members > 0 && _outOfService.Count > 0)
        {
            _requestsToRemoved += RequestsPerStep * _members.All.Count(member => _outOfService.Contains(member.Address)) / members;
        }
    }
}
