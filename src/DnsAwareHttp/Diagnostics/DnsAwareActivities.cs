using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The activities of the library, from the source <c>DnsAwareHttp</c>. A listener that throws costs its activity.</summary>
internal static class DnsAwareActivities
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "DnsAwareHttp";

    private static readonly ActivitySource? Source = Make();

    /// <summary>Whether a listener wants activities.</summary>
    public static bool AreHeard => Source?.HasListeners() == true;

    /// <summary>Begins an activity as a child of the current one; null: nobody wants it.</summary>
    /// <param name="name">The name of the operation.</param>
    /// <param name="host">The name of the origin.</param>
    /// <param name="port">The port of the origin.</param>
    /// <param name="peer">The address that is talked to, if there is one.</param>
    public static Activity? Start(string name, string host, int port, IPEndPoint? peer)
    {
        if (!AreHeard)
        {
            return null;
        }

        try
        {
            Activity? activity = Source!.StartActivity(name);
            activity?.SetTag(Tags.ServerAddress, host).SetTag(Tags.ServerPort, port);
            if (peer is not null)
            {
                activity?.SetTag(Tags.PeerAddress, peer.Address.ToString()).SetTag(Tags.PeerPort, peer.Port);
            }

            return activity;
        }
        catch (Exception)
        {
            return null;
        }
    }

    public static void Stop(Activity? activity)
    {
        if (activity is not null)
        {
            ApplicationCode.Tell(static ended => ended.Dispose(), activity);
        }
    }

    /// <summary>The activity that background work belongs to which this code begins; null: nobody wants activities.</summary>
    public static Activity? Beginner => AreHeard ? Activity.Current : null;

    /// <summary>Lets the activities of background work be children of the activity that it was begun in.</summary>
    public static void GoOnIn(Activity? beginner)
    {
        if (beginner is not null)
        {
            ApplicationCode.Tell(static activity => Activity.Current = activity, beginner);
        }
    }

    private static ActivitySource? Make()
    {
        try
        {
            return new ActivitySource(SourceName, typeof(DnsAwareActivities).Assembly.GetName().Version?.ToString(3));
        }
        catch (Exception)
        {
            return null;
        }
    }
}
