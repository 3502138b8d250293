using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>It can be asked for services, too.</summary>
public sealed partial class ScriptedResolver : IQuestionResolver
{
    /// <summary>From now on the service is there, and nowhere if there are no targets.</summary>
    public void SaysService(string name, int ttl, params (string Host, int Port, int Priority, int Weight)[] targets) => Says(
        name,
        new Answer.Found([], TimeSpan.FromSeconds(ttl)) { Targets = [.. targets.Select(target => new ServiceTarget(target.Host, target.Port, target.Priority, target.Weight))] });

    ValueTask<Answer> IQuestionResolver.ResolveAsync(Question question, CancellationToken cancellationToken) => ResolveAsync(question.Name, cancellationToken);
}
