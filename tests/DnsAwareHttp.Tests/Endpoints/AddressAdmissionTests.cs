using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class AddressAdmissionTests
{
    private static readonly Answer.Found Two = Found("10.0.0.1", "10.0.0.2");

    private readonly List<string> _asked = [];

    [Fact]
    public void NoAnswer_HasNoAddress() => Admission(_ => true, out _).Admit(null).Should().BeEmpty();

    [Fact]
    public void NoFilter_AdmitsAll()
    {
        using EndpointBench bench = new();

        new AddressAdmission(bench.Scope).Admit(Two).Should().Equal(Two.Addresses);
    }

    [Fact]
    public void Filter_RefusesOne_AdmitsTheOthersAndLogsIt()
    {
        AddressAdmission admission = Admission(address => address.ToString() != "10.0.0.1", out CapturingLogger log);

        admission.Admit(Two).Should().Equal(Two.Addresses[1]);

        log.Events.Should().Equal("AddressRefused");
    }

    [Fact]
    public void Filter_RefusesAll_AdmitsNone() => Admission(_ => false, out _).Admit(Two).Should().BeEmpty();

    [Fact]
    public void Filter_ThrowsForOne_RefusesThatOneAndLogsTheException()
    {
        AddressAdmission admission = Admission(
            address => address.ToString() == "10.0.0.2" ? throw new NotSupportedException("no") : true, out CapturingLogger log);

        admission.Admit(Two).Should().Equal(Two.Addresses[0]);

        log.Entries.Should().ContainSingle().Which.Should().Match<(string Event, string Message, Exception? Exception)>(
            entry => entry.Event == "AddressFilterThrew" && entry.Exception is NotSupportedException);
    }

    [Fact]
    public void SameAnswer_IsToldAgain_TheFilterIsNotAskedAgain()
    {
        AddressAdmission admission = Admission(_ => true, out _);

        admission.Admit(Two);
        admission.Admit(Two).Should().Equal(Two.Addresses);

        _asked.Should().Equal("10.0.0.1", "10.0.0.2");
    }

    [Fact]
    public void NextAnswer_WithTheSameAddresses_TheFilterIsAskedAgain()
    {
        AddressAdmission admission = Admission(_ => true, out _);

        admission.Admit(Two);
        admission.Admit(Found("10.0.0.1", "10.0.0.2"));

        _asked.Should().HaveCount(4);
    }

    [Fact]
    public void SameAnswer_AllWereRefused_IsRememberedAsWell()
    {
        AddressAdmission admission = Admission(_ => false, out CapturingLogger log);

        admission.Admit(Two);
        admission.Admit(Two).Should().BeEmpty();

        _asked.Should().HaveCount(2);
        log.Events.Should().ContainSingle();
    }

    [Fact]
    public void ThousandsOfRefusedAddresses_AreOneShortLine_AndNoLineWhileTheyStay()
    {
        AddressAdmission admission = Admission(_ => false, out CapturingLogger log);
        string[] addresses = [.. Enumerable.Range(0, 4_000).Select(index => $"10.0.{index / 250}.{index % 250}")];

        admission.Admit(Found(addresses));
        admission.Admit(Found(addresses));
        admission.Admit(Found([.. addresses.Reverse()]));

        log.TextsOf("AddressRefused").Should().Equal(
            "http://svc.test:80: AddressFilter refused 4000 of 4000 addresses: 10.0.0.0, 10.0.0.1, 10.0.0.2 and 3,997 more.");
    }

    [Fact]
    public void OtherRefusedAddresses_AreLogged()
    {
        AddressAdmission admission = Admission(_ => false, out CapturingLogger log);

        admission.Admit(Found("10.0.0.1"));
        admission.Admit(Found("10.0.0.2"));

        log.TextsOf("AddressRefused").Should().HaveCount(2);
    }

    [Fact]
    public void FilterThatThrowsAboutAll_IsOneLineWithTheFirstException()
    {
        AddressAdmission admission = Admission(address => throw new NotSupportedException(address.ToString()), out CapturingLogger log);

        admission.Admit(Two);
        admission.Admit(Found("10.0.0.1", "10.0.0.2"));

        log.Entries.Should().ContainSingle().Which.Exception!.Message.Should().Be("10.0.0.1");
    }

    [Fact]
    public void Caller_HoldsALock_TheFilterIsNotAskedAndTheMistakeIsLogged()
    {
        AddressAdmission admission = Admission(_ => true, out CapturingLogger log);
        using (new OrderedLock(LockRank.Origin).Enter())
        {
            admission.Admit(Two).Should().BeEmpty();
        }

        _asked.Should().BeEmpty();
        log.Events.Should().OnlyContain(name => name == "AddressFilterThrew");
    }

    private AddressAdmission Admission(Func<IPAddress, bool> filter, out CapturingLogger log)
    {
        using EndpointBench bench = new(new DnsAwareOptions { AddressFilter = Ask });
        log = bench.Log;
        return new AddressAdmission(bench.Scope);

        bool Ask(IPAddress address)
        {
            _asked.Add(address.ToString());
            return filter(address);
        }
    }

    private static Answer.Found Found(params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(30));
}
