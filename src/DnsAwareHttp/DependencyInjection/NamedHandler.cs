using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Handlers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>The handler of one named client. Applies changed options, and the settings of a changed primary handler.</summary>
/// <remarks>
/// Options come from their factory, not from the monitor. Both hear of a change, in either order, and the monitor may still have the old
/// options.
/// </remarks>
internal sealed class NamedHandler(
    string name, DnsAwareHandler handler, HttpMessageHandler wrapped, HandlerSettings settings, IOptionsFactory<DnsAwareOptions> options,
    ILogger logger)
{
    private HandlerSettings _settings = settings;
    private volatile HandlerSettings _latest = settings;
    private int _unreadOptions;
    private int _changes;

    public string Name => name;

    public DnsAwareHandler Handler => handler;

    /// <summary>The primary handler that <see cref="Handler"/> was made around.</summary>
    public HttpMessageHandler Wrapped => wrapped;

    /// <summary>Reads the options again and applies them. Never throws.</summary>
    public void Refresh()
    {
        Volatile.Write(ref _unreadOptions, 1);
        ApplyChanges();
    }

    /// <summary>Applies the settings of the client's latest primary handler, if they differ. Never throws.</summary>
    public void Follow(HandlerSettings latest)
    {
        _latest = latest;
        ApplyChanges();
    }

    // One thread at a time, without a lock, because the application's delegates run. A further change makes that thread look once more. So
    // the latest change wins.
    private void ApplyChanges()
    {
        if (Interlocked.Increment(ref _changes) > 1)
        {
            return;
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _changes);
            ApplySettings(_latest);
            if (Interlocked.Exchange(ref _unreadOptions, 0) == 1)
            {
                ReadAndApply();
            }
        }
        while (Interlocked.Add(ref _changes, -seen) > 0);
    }

    private void ApplySettings(HandlerSettings latest)
    {
        if (latest == _settings || latest.IsSameAs(_settings))
        {
            return;
        }

        // Noted also when they are refused, so that the log says it once.
        _settings = latest;
        try
        {
            handler.Apply(latest);
            logger.PrimaryHandlerChanged(name);
        }
        catch (Exception exception)
        {
            logger.PrimaryHandlerRefused(name, exception.Message, exception);
        }
    }

    private void ReadAndApply()
    {
        try
        {
            try
            {
                if (handler.Apply(options.Create(name)))
                {
                    logger.OptionsChanged(name);
                }
            }
            catch (Exception exception)
            {
                logger.OptionsRefused(name, exception.Message, exception);
            }
        }
        catch (Exception)
        {
            // The log provider threw. The exception must not reach the provider of the configuration, which reported the change.
        }
    }
}
