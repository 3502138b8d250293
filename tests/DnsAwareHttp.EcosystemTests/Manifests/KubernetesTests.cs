using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DnsAwareHttp.EcosystemTests.Manifests;

/// <summary>docs/kubernetes.md and its manifests agree with each other and with the library.</summary>
public sealed class KubernetesTests
{
    private const string Pod = "spec/template/spec", Container = $"{Pod}/containers/0";

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Docs, "kubernetes.md"));

    [Fact]
    public void EachDocument_HasKindAndName()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Docs, "kubernetes"), "*.yaml"))
        {
            foreach (Manifest document in Manifest.Read(file))
            {
                document.Text("kind").Should().BeOneOf("Service", "Deployment");
                document.Text("apiVersion").Should().Be(document.Text("kind") == "Service" ? "v1" : "apps/v1");
                document.Text("metadata/name").Should().MatchRegex("^[a-z-]+$");
            }

            Page.Should().Contain($"kubernetes/{Path.GetFileName(file)}");
        }
    }

    [Fact]
    public void TheService_IsHeadless_AndFindsThePods()
    {
        (Manifest service, Manifest deployment) = Orders();

        service.Text("spec/clusterIP").Should().Be("None");
        service.Entries("spec/selector").Should().Equal(deployment.Entries("spec/template/metadata/labels"));
        deployment.Entries("spec/selector/matchLabels").Should().Equal(deployment.Entries("spec/template/metadata/labels"));

        // A headless service translates no port.
        service.Number("spec/ports/0/port").Should().Be(deployment.Number($"{Container}/ports/0/containerPort"));
        deployment.Text($"{Container}/readinessProbe/httpGet/port").Should().Be(deployment.Text($"{Container}/ports/0/name"));
    }

    [Fact]
    public void APodThatEnds_AnswersForLongerThanTheTtl_AndHasTimeForItsRequests()
    {
        const int Ttl = 30;
        (_, Manifest deployment) = Orders();
        int preStop = deployment.Number($"{Container}/lifecycle/preStop/sleep/seconds");
        int grace = deployment.Number($"{Pod}/terminationGracePeriodSeconds");

        preStop.Should().Be(Ttl + 5);
        grace.Should().BeGreaterThan(preStop + 30, "the default of a server's own shutdown is 30 s");
        Page.Should().Contain($"| {Ttl} s at most:").And.Contain($"| {preStop} s: TTL + 5 s |").And.Contain($"| {grace} s: `preStop` +");
    }

    [Fact]
    public void TheApplication_CallsTheNameOfTheService()
    {
        (Manifest service, _) = Orders();
        Uri url = new(Environment()["Orders__Url"]);

        url.Host.Should().Be($"{service.Text("metadata/name")}.default.svc.cluster.local.");
        url.Port.Should().Be(service.Number("spec/ports/0/port"));
        Page.Should().Contain(url.ToString());
    }

    [Fact]
    public void ItsSettings_AreOptionsOfTheLibrary()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(Environment().Select(entry => KeyValuePair.Create(entry.Key.Replace("__", ":"), (string?)entry.Value)))
            .Build();
        ServiceCollection services = new();
        services.AddHttpClient("orders").AddDnsAwareHandler(configuration.GetSection("Orders:FollowDns"));
        using ServiceProvider provider = services.BuildServiceProvider();

        // An unknown key and a wrong value are errors.
        provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders").Should().NotBeNull();

        configuration.GetSection("Orders:FollowDns").GetChildren().Should().HaveCount(2);
    }

    private static (Manifest Service, Manifest Deployment) Orders()
    {
        IReadOnlyList<Manifest> documents = Manifest.Read(Path.Combine(Repository.Docs, "kubernetes", "orders.yaml"));
        return (OfKind("Service"), OfKind("Deployment"));

        Manifest OfKind(string kind) => documents.Single(document => document.Text("kind") == kind);
    }

    private static Dictionary<string, string> Environment() =>
        Manifest.Read(Path.Combine(Repository.Docs, "kubernetes", "shop.yaml")).Single()
        .Items($"{Container}/env").ToDictionary(entry => entry.Text("name"), entry => entry.Text("value"));
}
