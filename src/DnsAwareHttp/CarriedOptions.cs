using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp;

/// <summary>Reads what a request carries in its <see cref="HttpRequestMessage.Options"/>.</summary>
/// <remarks>
/// The property makes its dictionary when it is first read. Most requests carry nothing, and should not pay for that: the field behind the
/// property tells. Where a later runtime has no such field, the property is read: that costs memory, and nothing else changes.
/// </remarks>
internal static class CarriedOptions
{
    private static readonly bool CanPeek = HasField();

    public static bool TryGet<T>(HttpRequestMessage request, HttpRequestOptionsKey<T> key, [NotNullWhen(true)] out T? value)
        where T : class
    {
        value = null;
        return (!CanPeek || Field(request) is not null) && request.Options.TryGetValue(key, out value) && value is not null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_options")]
    private static extern ref HttpRequestOptions? Field(HttpRequestMessage request);

    private static bool HasField()
    {
        try
        {
            using HttpRequestMessage request = new();
            HttpRequestOptions options = request.Options;
            return ReferenceEquals(Field(request), options);
        }
        catch (MissingFieldException)
        {
            return false;
        }
    }
}
