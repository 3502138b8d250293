using System.Globalization;
using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>The objects that await first attempts are used again. No request may notice that.</summary>
public sealed class AwaitedAttemptTests : IDisposable, IRequestRoutes
{
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);

    private readonly EndpointBench _bench = new();
    private readonly FakeOriginEndpoints _endpoints = new();
    private readonly EndpointPool _first;
    private readonly EndpointPool _second;
    private readonly RequestSender _sender;

    public AwaitedAttemptTests()
    {
        _first = _bench.Connected("10.0.0.1");
        _second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(_first, _second);
        ConnectionRace race = new(TimeSpan.FromHours(1), _bench.Clock);
        EndpointWait wait = new(
            Origin, _endpoints, new OriginUsage(DateTimeOffset.UnixEpoch), race, Timeout.InfiniteTimeSpan, _bench.Clock, failures: null);
        OutcomeReport outcomes = new(_bench.Scope, new OutlierWatch(_bench.Scope, () => _endpoints.Current));
        _sender = new RequestSender(Origin, _bench.Scope, _endpoints, wait, this, null, outcomes);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task AnsweredAtOnce_TheTaskIsCompleteWhenTheCallReturns()
    {
        Task<HttpResponseMessage> answered = Task.FromResult(new HttpResponseMessage());
        _bench.Answer = (_, _) => answered;

        Task<HttpResponseMessage> sending = Send();

        sending.IsCompleted.Should().BeTrue();
        (await sending).Should().BeSameAs(await answered);
        _first.ActiveRequests.Should().Be(0);
    }

    [Fact]
    public async Task AnsweredLater_OnAnotherThread_TheRequestIsInsideUntilThen()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        using HttpResponseMessage expected = new();

        Task<HttpResponseMessage> sending = Send();

        _first.ActiveRequests.Should().Be(1);
        sending.IsCompleted.Should().BeFalse();
        await Task.Run(() => answer.SetResult(expected));
        (await sending).Should().BeSameAs(expected);
        _first.ActiveRequests.Should().Be(0);
    }

    [Fact]
    public async Task FailsLater_TheCallerHasThatVeryErrorAndTheEndpointIsLeftOnce()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        HttpRequestException error = new(HttpRequestError.ResponseEnded, "ended");
        Task<HttpResponseMessage> sending = Send();

        answer.SetException(error);

        (await sending.Invoking(task => task).Should().ThrowAsync<HttpRequestException>()).Which.Should().BeSameAs(error);
        (_first.ActiveRequests, _second.TotalRequests).Should().Be((0, 0));
        _first.Outcomes.Counts.Tally.Bad.Should().Be(1);
    }

    [Fact]
    public async Task CancelledLater_TheTaskIsCancelledByTheSameToken()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        using CancellationTokenSource caller = new();
        Task<HttpResponseMessage> sending = Send(cancellationToken: caller.Token);

        await caller.CancelAsync();
        answer.SetCanceled(caller.Token);

        (await sending.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(caller.Token);
        sending.IsCanceled.Should().BeTrue();
        _first.ActiveRequests.Should().Be(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NotConnected_AtOnceOrLater_TheOtherEndpointHasTheRequest(bool isLate)
    {
        using SemaphoreSlim gate = new(isLate ? 0 : 1);
        _bench.AnswerOf = async (address, _) =>
        {
            await gate.WaitAsync();
            gate.Release();
            return address == "10.0.0.1" ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : new HttpResponseMessage();
        };
        Task<HttpResponseMessage> sending = Send();

        gate.Release();

        using HttpResponseMessage response = await sending;
        (_first.TotalRequests, _second.TotalRequests).Should().Be((1, 1));
        (_first.ActiveRequests, _second.ActiveRequests).Should().Be((0, 0));
        _endpoints.Hints.Should().Equal(_first);
    }

    [Fact]
    public async Task RefusedStreamLater_TheOtherEndpointHasTheRequest()
    {
        TaskCompletionSource<HttpResponseMessage> answer = new();
        _bench.AnswerOf = (address, _) => address == "10.0.0.1" ? answer.Task : Task.FromResult(new HttpResponseMessage());
        Task<HttpResponseMessage> sending = Send();

        answer.SetException(new HttpRequestException(
            HttpRequestError.HttpProtocolError, "refused", new HttpProtocolException(7, "REFUSED_STREAM", null)));

        (await sending).StatusCode.Should().Be(HttpStatusCode.OK);
        _second.TotalRequests.Should().Be(1);
    }

    [Fact]
    public async Task MisdirectedLater_TheOtherEndpointHasTheRequest()
    {
        TaskCompletionSource<HttpResponseMessage> answer = new();
        _bench.AnswerOf = (address, _) => address == "10.0.0.1" ? answer.Task : Task.FromResult(new HttpResponseMessage());
        Task<HttpResponseMessage> sending = Send();

        answer.SetResult(new HttpResponseMessage(HttpStatusCode.MisdirectedRequest));

        (await sending).StatusCode.Should().Be(HttpStatusCode.OK);
        (_first.ActiveRequests, _second.ActiveRequests).Should().Be((0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redirected_AtOnceOrLater_TheNextHopIsSent(bool isLate)
    {
        HttpResponseMessage redirect = new(HttpStatusCode.Found) { Headers = { Location = new Uri("http://other.test/") } };
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        if (!isLate)
        {
            answer.SetResult(redirect);
        }

        Task<HttpResponseMessage> sending = Send(redirects: new RedirectFollower(5, withholdsCredentials: false));
        answer.TrySetResult(redirect);

        (await sending).ReasonPhrase.Should().Be("hop to other.test");
        _first.ActiveRequests.Should().Be(0);
    }

    [Fact]
    public async Task AServerErrorLater_IsCountedAndRemembered()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        Task<HttpResponseMessage> sending = _sender.SendAsync(request, null, async: true, CancellationToken.None);

        answer.SetResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));

        (await sending).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        _first.Outcomes.Counts.Tally.Bad.Should().Be(1);
        TriedEndpoints.Of(request)!.Contains(_first.Address).Should().BeTrue();
    }

    [Fact]
    public async Task ThePoolDrainsMeanwhile_ItIsEmptyWhenTheCallerHasTheAnswer()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        Task<HttpResponseMessage> sending = Send();
        Task<bool> seen = sending.ContinueWith(
            _ => _first.AllHeadersArrived.IsCompleted, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        _first.BeginDrain("left DNS");
        _first.AllHeadersArrived.IsCompleted.Should().BeFalse();
        answer.SetResult(new HttpResponseMessage());

        (await seen).Should().BeTrue();
        (await sending).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TheCallersCodeRunsInsideOfTheAnswer_AndSendsItsNextRequest()
    {
        const int Depth = 50;
        TaskCompletionSource<HttpResponseMessage> timed = Pending();
        Task<HttpResponseMessage> first = Send(); // Its time is taken, too. No request after it has two listeners.
        timed.SetResult(new HttpResponseMessage());
        await first;
        Queue<TaskCompletionSource<HttpResponseMessage>> answers = new();
        _bench.Answer = (_, _) =>
        {
            answers.Enqueue(new TaskCompletionSource<HttpResponseMessage>());
            return answers.Last().Task;
        };
        List<string> seen = [];

        // Without the synchronization context of the tests: with one, nothing runs inside.
        await Task.Run(async () =>
        {
            Task all = SendInTurnAsync();
            for (int i = 0; i < Depth; i++)
            {
                answers.Dequeue().SetResult(new HttpResponseMessage { ReasonPhrase = $"{i}" });
            }

            await all;
        });
        seen.Should().Equal(Enumerable.Range(0, Depth).Select(i => $"{i}"));

        async Task SendInTurnAsync()
        {
            for (int i = 0; i < Depth; i++)
            {
                seen.Add((await Send().ConfigureAwait(false)).ReasonPhrase!);
            }
        }
    }

    [Fact]
    public async Task TheCallerHoldsItsTask_ItStaysAsItIsWhileTheObjectServesOthers()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        using HttpResponseMessage expected = new();
        Task<HttpResponseMessage> held = Send();
        answer.SetResult(expected);

        for (int i = 0; i < 100; i++)
        {
            TaskCompletionSource<HttpResponseMessage> next = Pending();
            Task<HttpResponseMessage> sending = Send();
            held.Should().NotBeSameAs(sending);
            next.SetException(new HttpRequestException(HttpRequestError.ResponseEnded, "ended"));
            await sending.Invoking(task => task).Should().ThrowAsync<HttpRequestException>();
        }

        (await held).Should().BeSameAs(expected);
    }

    [Fact]
    public async Task TheNextAttemptSeesTheCallersContext_AndTheThreadThatAnsweredKeepsItsOwn()
    {
        AsyncLocal<string> context = new();
        TaskCompletionSource<HttpResponseMessage> answer = new();
        string? seen = null;
        _bench.AnswerOf = (address, _) =>
        {
            seen = context.Value;
            return address == "10.0.0.1" ? answer.Task : Task.FromResult(new HttpResponseMessage());
        };
        context.Value = "caller";
        Task<HttpResponseMessage> sending = Send();
        context.Value = "answers";
        seen = null;

        answer.SetException(new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        context.Value.Should().Be("answers");
        using HttpResponseMessage response = await sending;
        seen.Should().Be("caller");
    }

    [Fact]
    public async Task TheFlowOfTheContextIsSuppressed_TheRequestIsAnsweredAllTheSame()
    {
        TaskCompletionSource<HttpResponseMessage> answer = Pending();
        Task<HttpResponseMessage> sending;
        using (ExecutionContext.SuppressFlow())
        {
            sending = Send();
        }

        answer.SetResult(new HttpResponseMessage());

        (await sending).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NotConnected_ThePickerIsAskedOnce()
    {
        using EndpointBench bench = new();
        EndpointPool[] pools = [bench.Pool("10.0.0.1"), bench.Pool("10.0.0.2")];
        _endpoints.Set = EndpointSet.Of(
            [.. pools.Select(pool => new EndpointPlacement(pool))], LoadBalancingPolicy.RoundRobin, new Random(1), null);

        Task[] requests = [Send(), Send()];

        await bench.HasDialled("10.0.0.1");
        await bench.HasDialled("10.0.0.2");
        bench.Opens("10.0.0.1");
        bench.Opens("10.0.0.2");
        await Task.WhenAll(requests);
    }

    [Fact]
    public async Task ManyAtATime_EachHasItsOwnAnswerAndNoneStaysInside()
    {
        const int Callers = 8;
        const int Requests = 2_000;
        _bench.AnswerOf = AnswerSomehowAsync;

        await Parallel.ForAsync(0, Callers, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (caller, _) =>
        {
            List<Task> burst = [];
            for (int i = 0; i < Requests; i++)
            {
                burst.Add(SendAndCheckAsync($"{caller}-{i}", (caller * 7) + i));
                if (i % 17 == 0)
                {
                    await Task.WhenAll(burst);
                    burst.Clear();
                }
            }

            await Task.WhenAll(burst);
        });

        (_first.ActiveRequests, _second.ActiveRequests).Should().Be((0, 0));
        _first.BeginDrain("left DNS");
        await _first.AllHeadersArrived;
    }

    private async Task SendAndCheckAsync(string name, int kind)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        request.Headers.Add("Name", name);
        request.Headers.Add("Kind", $"{kind % 6}");
        try
        {
            using HttpResponseMessage response = await _sender.SendAsync(request, null, async: true, CancellationToken.None);
            response.ReasonPhrase.Should().Be(name);
            (kind % 6).Should().NotBe(3).And.NotBe(4);
        }
        catch (HttpRequestException error)
        {
            (error.Message, kind % 6).Should().Be((name, 3));
        }
        catch (OperationCanceledException)
        {
            (kind % 6).Should().Be(4);
        }
    }

    private static async Task<HttpResponseMessage> AnswerSomehowAsync(string address, HttpRequestMessage request)
    {
        string name = request.Headers.GetValues("Name").First();
        int kind = int.Parse(request.Headers.GetValues("Kind").First(), CultureInfo.InvariantCulture);
        if (kind > 0)
        {
            await Task.Yield();
        }

        return kind switch
        {
            2 when address == "10.0.0.1" => new HttpResponseMessage(HttpStatusCode.MisdirectedRequest),
            3 => throw new HttpRequestException(HttpRequestError.ResponseEnded, name),
            4 => throw new OperationCanceledException(name),
            5 => new HttpResponseMessage(HttpStatusCode.NotFound) { ReasonPhrase = name },
            _ => new HttpResponseMessage { ReasonPhrase = name },
        };
    }

    Task<HttpResponseMessage> IRequestRoutes.SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpResponseMessage { ReasonPhrase = $"hop to {request.RequestUri!.Host}" });

    OriginCluster IRequestRoutes.Reopen(Origin origin) => throw new NotSupportedException();

    /// <summary>The next requests have no answer until the test gives it. It is given on the thread of the test.</summary>
    private TaskCompletionSource<HttpResponseMessage> Pending()
    {
        TaskCompletionSource<HttpResponseMessage> answer = new();
        _bench.Answer = (_, _) => answer.Task;
        return answer;
    }

    private Task<HttpResponseMessage> Send(RedirectFollower? redirects = null, CancellationToken cancellationToken = default) =>
        _sender.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://svc.test/"), redirects, async: true, cancellationToken);
}
