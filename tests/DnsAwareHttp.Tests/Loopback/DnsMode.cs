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

    /// <summary>NXDOMAIN, whatever it was told to say.</summary>
    NxDomain,

    /// <summary>No error, no record, and neither authoritative nor recursive: it does not have the zone.</summary>
    Lame,

    /// <summary>Takes questions with an OPT record and never answers them; the answer for others.</summary>
    SilentToEdns,

    /// <summary>By UDP answers of more than 512 bytes are lost on the way.</summary>
    LosesBigAnswers,

    /// <summary>SERVFAIL without an OPT record for questions that have one; the answer for others.</summary>
    ServFailToEdns,

    /// <summary>As <see cref="ServFailToEdns"/>, with NOTIMP.</summary>
    NotImpToEdns,

    /// <summary>As <see cref="ServFailToEdns"/>, with REFUSED.</summary>
    RefusedToEdns,

    /// <summary>As <see cref="ServFailToEdns"/>, with NXDOMAIN.</summary>
    NxDomainToEdns,

    /// <summary>Repeats the OPT record of the question as the first of the answers, and counts it as one.</summary>
    CopiesEdns,
}
