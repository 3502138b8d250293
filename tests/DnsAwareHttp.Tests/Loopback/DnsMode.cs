namespace DnsAwareHttp.Tests.Loopback;

/// <summary>How a <see cref="ScriptedDnsServer"/> treats a question.</summary>
public enum DnsMode
{
    /// <summary>Answers what it was told to say.</summary>
    Answer,

    /// <summary>Takes the question and never answers.</summary>
    Silent,

    ServFail,

    Refused,

    FormErr,

    NotImp,

    /// <summary>FORMERR for questions with an OPT record, as servers older than EDNS say it; the answer for others.</summary>
    NoEdns,

    /// <summary>By UDP an empty answer with TC set, by TCP the whole answer.</summary>
    TruncateUdp,

    /// <summary>By UDP an empty answer with TC set; TCP connections are closed without an answer.</summary>
    TruncateUdpCloseTcp,

    /// <summary>The answer under another id, and nothing else.</summary>
    WrongId,

    /// <summary>The answer under another id, then the answer to another question, then the right one.</summary>
    ForgeriesFirst,

    /// <summary>The answer to another name.</summary>
    WrongQuestion,

    /// <summary>The right header and question, then records that end too early.</summary>
    Malformed,
}
