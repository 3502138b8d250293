using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>The handler of one named client. Reads changed options and applies them.</summary>
/// <remarks>
/// Options come from their factory, not from the monitor. Both hear of a change, in either order, and the monitor may still have the old
/// options.
/// </remarks>
internal sealed class NamedHandler(
    string name, DnsAwareHandler handler, HttpMessageHandler wrapped, IOptionsFactory<DnsAwareOptions> options, ILogger logger)
{
    private int _unread;

    public string Name => name;

    public DnsAwareHandler Handler => handler;

    /// <summary>The primary handler that <see cref="Handler"/> was made around.</summary>
    public HttpMessageHandler Wrapped => wrapped;

    /// <summary>Reads the options again and applies them. Never throws.</summary>
    /// <remarks>
    /// One thread at a time reads, without a lock, because the application's delegates run. A further change makes that thread read once
    /// more. So the latest change wins.
    /// </remarks>
    public void Refresh()
    {
        if (Interlocked.Increment(ref _unread) > 1)
        {
            return;
        }

        int read;
        do
        {
            read = Volatile.Read(ref _unread);
            ReadAndApply();
        }
        while (Interlocked.Add(ref _unread, -read) > 0);
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
