using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The JSON of snapshots, generated when the library is compiled: it works trimmed and as native code.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(AddressJson), typeof(EndPointJson), typeof(AnswerJson)])]
[JsonSerializable(typeof(DnsAwareSnapshot))]
internal sealed partial class SnapshotJson : JsonSerializerContext;

/// <summary>An address as text.</summary>
internal sealed class AddressJson : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Address and port as text.</summary>
internal sealed class EndPointJson : JsonConverter<IPEndPoint>
{
    public override IPEndPoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, IPEndPoint value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>The outcome of a question: its kind, and its text for people. No exception and no stack trace.</summary>
internal sealed class AnswerJson : JsonConverter<Answer>
{
    public override Answer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Answer value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("outcome", Tags.OutcomeOf(value));
        writer.WriteString("text", value.ToString());
        writer.WriteEndObject();
    }
}
