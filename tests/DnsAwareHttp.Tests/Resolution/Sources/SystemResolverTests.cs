using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public class SystemResolverTests
{
    private readonly SystemResolver _resolver = new(TimeSpan.FromSeconds(12));

    [Fact]
    public async Task Addresses_HaveTheTtlOfTheOptions()
    {
        Answer answer = await _resolver.ResolveAsync("localhost", AddressFamily.InterNetwork, default);
        answer.Should().Be(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(12)));
    }

    [Fact]
    public async Task NameThatIsTooLong_Fails() =>
        (await _resolver.ResolveAsync(new string('a', 300), default)).Should().Match<Answer>(answer => answer is Answer.Failed || answer is Answer.Empty);

    [Fact]
    public async Task NameIsNotFound_WhereNoSocketCanBeOpened_IsAFailure()
    {
        SystemResolver withoutDescriptors = new(TimeSpan.FromSeconds(12), canOpenSocket: () => false);
        Answer answer = await withoutDescriptors.ResolveAsync("nowhere.invalid", default);
        answer.Should().BeOfType<Answer.Failed>();
    }

    [Fact]
    public async Task CallersToken_Cancels() =>
        await ((Func<Task>)(() => _resolver.ResolveAsync("localhost", new CancellationToken(canceled: true)).AsTask())).Should().ThrowAsync<OperationCanceledException>();
}
