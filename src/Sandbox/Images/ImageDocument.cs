using System.Text.Json;
using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>A value in one of the JSON documents of an image; a wrong type is a refusal that names the member.</summary>
internal sealed class ImageDocument(JsonElement value, ImageOrigin origin)
{
    /// <summary>For the words of a refusal.</summary>
    public ImageOrigin Origin => origin;

    /// <summary>Reads a document.</summary>
    /// <exception cref="InvalidImageException">It is none.</exception>
    public static ImageDocument Parse(byte[] json, ImageOrigin origin)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            CheckTexts(json, origin);
            return new(document.RootElement.Clone(), origin);
        }
        catch (JsonException)
        {
            throw origin.Refuse("no JSON, or damaged");
        }
    }

    /// <summary>It is an object, and no array or anything else.</summary>
    public bool IsObject => value.ValueKind == JsonValueKind.Object;

    /// <summary>The member is there, and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An object's member, or null.</summary>
    public ImageDocument? Member(string name) => Find(name) is { } member ? new(Expect(member, JsonValueKind.Object, name), origin) : null;

    /// <summary>A member's text, or null.</summary>
    public string? Text(string name) => Find(name) is { } member ? Decode(member, name) : null;

    /// <summary>A member's whole number, or null.</summary>
    public long? Number(string name)
    {
        if (Find(name) is not { } member)
        {
            return null;
        }

        return Expect(member, JsonValueKind.Number, name).TryGetInt64(out var number) ? number : throw origin.Refuse($"{Words.Quote(name)} is no whole number");
    }

    /// <summary>The texts of an array; empty if the member is missing.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        Find(name) is { } member ? Expect(member, JsonValueKind.Array, name).EnumerateArray().Select(item => Decode(item, name)).ToArray() : [];

    /// <summary>The same, where docker takes one text for an array of one, and one empty text for nothing (its StrSlice, and "ENTRYPOINT" reset).</summary>
    public IReadOnlyList<string> Arguments(string name)
    {
        IReadOnlyList<string> words = Find(name) is { ValueKind: JsonValueKind.String } word ? [Decode(word, name)] : Texts(name);
        return words is [""] ? [] : words;
    }

    /// <summary>The names of an object's members, which is how Go writes a set; empty if the member is missing.</summary>
    public IReadOnlyList<string> Names(string name) => Find(name) is { } member ? Expect(member, JsonValueKind.Object, name).EnumerateObject().Select(item => item.Name).ToArray() : [];

    /// <summary>The objects of an array; empty if the member is missing.</summary>
    public IReadOnlyList<ImageDocument> Items(string name) => Find(name) is { } member ? Items(member, name) : [];

    /// <summary>The objects of the array that this is.</summary>
    public IReadOnlyList<ImageDocument> Items() => Items(value, "the document");

    // JsonElement decodes texts when they are asked for, those of unknown members too (TryGetProperty), and throws where one is none.
    private static void CheckTexts(byte[] json, ImageOrigin origin)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && JsonText.Decode(reader) is null)
            {
                throw origin.Refuse($"a text at byte {reader.TokenStartIndex} is none: it has a lone surrogate, or is not UTF-8");
            }
        }
    }

    private ImageDocument[] Items(JsonElement array, string name) =>
        Expect(array, JsonValueKind.Array, name).EnumerateArray().Select(item => new ImageDocument(Expect(item, JsonValueKind.Object, name), origin)).ToArray();

    private JsonElement? Find(string name) =>
        Expect(value, JsonValueKind.Object, "the document").TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private JsonElement Expect(JsonElement element, JsonValueKind kind, string name) =>
        element.ValueKind == kind ? element : throw origin.Refuse($"{Words.Quote(name)} is not of the type {kind}");

    private string Decode(JsonElement element, string name) => Expect(element, JsonValueKind.String, name).GetString()!;
}
