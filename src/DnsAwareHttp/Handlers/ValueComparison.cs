using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.Handlers;

/// <summary>
/// Compares objects in settings by the values that they hold. An object that does not show its values is the same as itself only.
/// </summary>
internal sealed class ValueComparison
{
    // Closures may refer to themselves. Two that are being compared are the same unless another value differs.
    private readonly List<(object One, object Other)> _underWay = [];

    private ValueComparison()
    {
    }

    public static bool AreSame(object? one, object? other) => new ValueComparison().Compare(one, other);

    /// <summary>Compares two values within this comparison.</summary>
    public bool Compare(object? one, object? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null && one.GetType() == other.GetType()
            && (one, other) switch
            {
                (Delegate mine, Delegate theirs) => DelegateComparison.AreSame(mine, theirs, this),
                (X509Certificate mine, X509Certificate theirs) => SslOptionsComparison.AreSame(mine, theirs),
                (X509CertificateCollection mine, X509CertificateCollection theirs) => SslOptionsComparison.AreSame(mine, theirs),
                (NetworkCredential mine, NetworkCredential theirs) => AreSame(mine, theirs),
                (WebProxy mine, WebProxy theirs) => AreSame(mine, theirs),
                _ => one.Equals(other),
            });

    /// <summary>Notes that two objects are being compared.</summary>
    /// <returns>False if they are already.</returns>
    public bool Begin(object one, object other)
    {
        if (_underWay.Exists(pair => ReferenceEquals(pair.One, one) && ReferenceEquals(pair.Other, other)))
        {
            return false;
        }

        _underWay.Add((one, other));
        return true;
    }

    private static bool AreSame(NetworkCredential one, NetworkCredential other) =>
        one.GetType() == typeof(NetworkCredential)
            ? one.UserName == other.UserName && one.Password == other.Password && one.Domain == other.Domain
            : one.Equals(other);

    private bool AreSame(WebProxy one, WebProxy other) =>
        one.GetType() == typeof(WebProxy)
            ? one.Address == other.Address && one.BypassProxyOnLocal == other.BypassProxyOnLocal
                && one.BypassList.SequenceEqual(other.BypassList) && Compare(one.Credentials, other.Credentials)
            : one.Equals(other);
}
