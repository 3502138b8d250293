using System.Diagnostics.Metrics;
using System.Net;

namespace DnsAwareHttp.Handlers;

/// <summary>The settings of a handler at one moment. Tells whether another handler has the same.</summary>
/// <remarks>
/// A factory makes a handler at each rotation, mostly with the same settings. Values are compared by value, and objects of the application
/// by their own equality. Where that cannot be told, they differ: then the new handler takes effect, as in the factory.
/// </remarks>
internal sealed class HandlerSettings
{
    private readonly SocketsHttpHandler _settings;

    // The cookies that the application put in. Those of responses come later, and say nothing about the settings.
    private readonly Cookie[] _cookies;

    private HandlerSettings(SocketsHttpHandler settings)
    {
        _settings = settings;
        _cookies = settings.UseCookies ? [.. settings.CookieContainer.GetAllCookies().Cast<Cookie>()] : [];
    }

    /// <summary>Reads the settings of a handler. Later changes to it have no effect.</summary>
    public static HandlerSettings Of(SocketsHttpHandler handler) => new(SettingsCopy.Of(handler));

    public bool IsSameAs(HandlerSettings other)
    {
        try
        {
            return SettingsComparison.AreSame(_settings, other._settings) && HasSameCookies(other);
        }
        catch (Exception)
        {
            // A certificate of before may be disposed by now, and equality may be code of the application.
            return false;
        }
    }

    public IMeterFactory? MeterFactory => _settings.MeterFactory;

    /// <summary>Makes the template of the endpoints' handlers.</summary>
    public HandlerTemplate ToTemplate() => HandlerTemplate.ReadFrom(_settings);

    /// <summary>Whether there is a callback that chooses what is dialled.</summary>
    public bool HasConnectCallback => _settings.ConnectCallback is not null;

    // The runtime makes a container where none was set. So a new empty container at each rotation is the normal case.
    private bool HasSameCookies(HandlerSettings other)
    {
        if (!_settings.UseCookies || !other._settings.UseCookies)
        {
            return true;
        }

        CookieContainer mine = _settings.CookieContainer;
        CookieContainer theirs = other._settings.CookieContainer;
        return ReferenceEquals(mine, theirs)
            || (mine.Capacity == theirs.Capacity && mine.PerDomainCapacity == theirs.PerDomainCapacity
                && mine.MaxCookieSize == theirs.MaxCookieSize && Texts(_cookies).SequenceEqual(Texts(other._cookies)));
    }

    private static IEnumerable<string> Texts(Cookie[] cookies) => cookies
        .Select(cookie => $"{cookie.Domain}\n{cookie.Path}\n{cookie.Port}\n{cookie.Secure}\n{cookie.Expires:O}\n{cookie}")
        .Order(StringComparer.Ordinal);
}
