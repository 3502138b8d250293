using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class PickFirstPickerTests
{
    [Fact]
    public void Pick_HoweverBusy_IsAlwaysTheSame()
    {
        EndpointPool pool = new TestEndpoint().Busy(100).Pool;
        PickFirstPicker picker = new(pool);

        picker.First.Should().BeSameAs(pool);
        picker.Pick().Should().BeSameAs(pool);
        picker.Pick().Should().BeSameAs(pool);
    }
}
