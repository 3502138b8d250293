using YamlDotNet.RepresentationModel;

namespace DnsAwareHttp.EcosystemTests.Manifests;

/// <summary>One document of a YAML file, read by paths such as <c>spec/template/spec/containers/0/image</c>.</summary>
internal sealed class Manifest(YamlNode root)
{
    public static IReadOnlyList<Manifest> Read(string file)
    {
        using StreamReader reader = File.OpenText(file);
        YamlStream stream = [];
        stream.Load(reader);
        return [.. stream.Documents.Select(document => new Manifest(document.RootNode))];
    }

    /// <summary>A text or a number.</summary>
    public string Text(string path) => ((YamlScalarNode)Node(path)).Value!;

    public int Number(string path) => int.Parse(Text(path));

    /// <summary>The entries of a mapping.</summary>
    public IReadOnlyDictionary<string, string> Entries(string path) => ((YamlMappingNode)Node(path)).Children
        .ToDictionary(entry => ((YamlScalarNode)entry.Key).Value!, entry => ((YamlScalarNode)entry.Value).Value!);

    /// <summary>The items of a sequence.</summary>
    public IReadOnlyList<Manifest> Items(string path) => [.. ((YamlSequenceNode)Node(path)).Children.Select(item => new Manifest(item))];

    private YamlNode Node(string path) => path.Split('/').Aggregate(root, static (node, name) => node switch
    {
        YamlMappingNode mapping when mapping.Children.TryGetValue(name, out YamlNode? child) => child,
        YamlSequenceNode sequence when int.TryParse(name, out int index) && index < sequence.Children.Count => sequence.Children[index],
        _ => throw new KeyNotFoundException($"{name} is not in {node}."),
    });
}
