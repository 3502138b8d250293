namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Waits for one of the <see cref="QuestionPlaces"/>.</summary>
internal interface IPlaceSeeker
{
    /// <summary>Gives it a place. Called under a lock: it returns at once.</summary>
    /// <returns>False: it does not wait any more, and the place is for another one.</returns>
    bool TryGive(QuestionPlaces.Place place);
}
