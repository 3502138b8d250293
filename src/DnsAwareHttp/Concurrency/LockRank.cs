namespace DnsAwareHttp.Concurrency;

/// <summary>All locks of the library, the outermost first. A thread takes them in this order only.</summary>
internal enum LockRank
{
    /// <summary>Of <c>HandlerTable</c>: the handlers of the container by client name.</summary>
    Clients,

    /// <summary>Of <c>DnsAwareHandler</c>: the first request makes the router, new options replace it.</summary>
    Handler,

    /// <summary>Of <c>OriginRegistry</c>: one cluster per origin.</summary>
    Registry,

    /// <summary>Of one origin: its members, the set that it offers, what is held. The targets of a service share it.</summary>
    Origin,

    /// <summary>Of <c>PolledFile</c>: the content of one file, and whether it is being written.</summary>
    File,

    /// <summary>Of <c>CacheEntry</c>: what is known of one name, its subscriptions, and the question in flight.</summary>
    Name,

    /// <summary>Of <c>RefreshSchedule</c>: the queue of names that are due.</summary>
    Schedule,

    /// <summary>Of <c>SampleTimer</c>: the origins whose next sample is due.</summary>
    Samples,

    /// <summary>Of <c>QuestionPlaces</c>: the questions under way to one name server.</summary>
    Questions,

    /// <summary>Of <c>TlsExchange</c> and <c>PendingQuestions</c>: the connections to name servers, and the questions on each.</summary>
    SecureServers,

    /// <summary>Of <c>SharedDial</c>: the dial that all requests share.</summary>
    Dial,

    /// <summary>Of <c>OpenStreams</c> and <c>ParkedSockets</c>: the sockets of one endpoint.</summary>
    Sockets,

    /// <summary>Of <c>ChangeJournal</c>: the latest changes of one handler, and their readers.</summary>
    Journal,
}
