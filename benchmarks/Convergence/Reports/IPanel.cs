using Convergence.Measuring;

namespace Convergence.Reports;

/// <summary>What the lanes of a picture show.</summary>
internal interface IPanel
{
    string Title { get; }

    /// <summary>What the colours mean.</summary>
    IEnumerable<(string Colour, string Text)> Legend { get; }

    /// <summary>Draws the lane of one contender.</summary>
    void Draw(Svg svg, Recording recording, Lane lane);
}
