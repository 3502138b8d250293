namespace DnsAwareHttp.Tests;

public sealed class CarriedOptionsTests
{
    private static readonly HttpRequestOptionsKey<string> Key = new("a");

    [Fact]
    public void NothingCarried_NothingIsFound_AndNothingIsAllocated()
    {
        using HttpRequestMessage request = new();
        CarriedOptions.TryGet(request, Key, out _).Should().BeFalse();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1000; i++)
        {
            CarriedOptions.TryGet(request, Key, out _);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0, "this runtime has the field behind the property");
    }

    [Fact]
    public void Carried_IsFound_OthersAreNot()
    {
        using HttpRequestMessage request = new();
        request.Options.Set(Key, "value");

        CarriedOptions.TryGet(request, Key, out string? value).Should().BeTrue();
        value.Should().Be("value");
        CarriedOptions.TryGet(request, new HttpRequestOptionsKey<string>("b"), out _).Should().BeFalse();
        CarriedOptions.TryGet(request, new HttpRequestOptionsKey<Uri>("a"), out _).Should().BeFalse("it is no Uri");
    }
}
