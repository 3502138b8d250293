using Convergence.Stories;

namespace Convergence.Contenders;

/// <summary>A client that a user can pick.</summary>
/// <param name="Name">For the command line.</param>
/// <param name="Title">For the tables.</param>
/// <param name="Make">Makes one as its documentation recommends.</param>
internal sealed record Contender(string Name, string Title, Func<Service, IAsker> Make)
{
    public bool IsOurs { get; init; }

    public bool IsQuick { get; init; }

    public bool SpeaksHttp { get; init; } = true;

    public bool SpeaksGrpc { get; init; }

    public bool CanPlay(Story story) => story.Speech == Speech.Grpc ? SpeaksGrpc : SpeaksHttp;
}
