namespace DnsAwareHttp.Pools;

/// <summary>What a request costs at a pool, as far as it is known.</summary>
/// <param name="Expected">The expected time to the answer, in seconds, and more where requests fail; 0: not known.</param>
/// <param name="Doubt">How far from it the truth may be.</param>
internal readonly record struct PoolCost(float Expected, float Doubt)
{
    /// <summary>Both in one word, which is read and written as a whole.</summary>
    public ulong Word => ((ulong)BitConverter.SingleToUInt32Bits(Expected) << 32) | BitConverter.SingleToUInt32Bits(Doubt);

    public static PoolCost Of(ulong word) =>
        new(BitConverter.UInt32BitsToSingle((uint)(word >> 32)), BitConverter.UInt32BitsToSingle((uint)word));

    /// <summary>It costs hardly less; 0: not known.</summary>
    public float Least => Expected - Doubt;

    /// <summary>It costs hardly more; infinite: not known.</summary>
    public float Most => Expected > 0 ? Expected + Doubt : float.PositiveInfinity;

    /// <summary>Whether it costs more than at another pool, beyond doubt.</summary>
    public bool IsAbove(PoolCost other) => Least > other.Most;
}
