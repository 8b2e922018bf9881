using System.Buffers;
using System.Text.Json;

namespace Sandbox.Images;

/// <summary>The names of the images in a store. Changed only under the lock of the store; a name leads to one image.</summary>
internal sealed class NameTable(ImageDirectory store)
{
    /// <summary>Every full name with the image it leads to.</summary>
    /// <exception cref="SandboxException">The table is damaged.</exception>
    public IReadOnlyDictionary<string, string> Read()
    {
        var names = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (ImageDirectory.Read(store.Names) is not { } json)
        {
            return names;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                names[member.Name] = member.Value.GetString()!;
            }

            return names;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new SandboxException("the names of the images are damaged") { Operation = Operation.ReadImageNames, Path = store.Names };
        }
    }

    /// <summary>Gives names to an image; it takes over those that another has.</summary>
    public void Set(IEnumerable<string> names, string digest) => Change(table =>
    {
        foreach (var name in names)
        {
            table[name] = digest;
        }
    });

    /// <summary>Gives an image those of some names that no other image has.</summary>
    public void SetFree(IEnumerable<string> names, string digest) => Change(table =>
    {
        foreach (var name in names)
        {
            table.TryAdd(name, digest);
        }
    });

    /// <summary>Takes names away.</summary>
    public void Remove(IEnumerable<string> names) => Change(table =>
    {
        foreach (var name in names)
        {
            table.Remove(name);
        }
    });

    private void Change(Action<SortedDictionary<string, string>> change)
    {
        var table = new SortedDictionary<string, string>(Read().ToDictionary(), StringComparer.Ordinal);
        change(table);
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new() { Indented = true }))
        {
            writer.WriteStartObject();
            foreach (var (name, digest) in table)
            {
                writer.WriteString(name, digest);
            }

            writer.WriteEndObject();
        }

        store.Write(store.Names, json.WrittenSpan);
    }
}
