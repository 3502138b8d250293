namespace DnsAwareHttp.IntegrationTests;

/// <summary>What nft is told so that an address goes silent, and so that it speaks again.</summary>
internal static class PacketDrop
{
    /// <summary>Takes the drop of all addresses back.</summary>
    public const string End = "delete table inet silence\n";

    /// <summary>Packets to and from an address of this machine are lost.</summary>
    /// <remarks>On their arrival: a packet dropped on its way out is an error to its sender, which then takes it as not sent, let alone lost.</remarks>
    public static string Of(string address) => $$"""
        table inet silence {
            chain arriving {
                type filter hook input priority 0; policy accept;
                ip daddr {{address}} drop
                ip saddr {{address}} drop
            }
        }

        """;
}
