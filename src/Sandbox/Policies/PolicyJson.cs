using System.Text;
using System.Text.Json;
using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox.Policies;

/// <summary>Reads JSON with comments and trailing commas into nodes; a member given twice is a problem.</summary>
internal sealed class PolicyJson(PolicySource source, PolicyProblems problems)
{
    private static readonly JsonReaderOptions s_options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 16,
    };

    /// <summary>The file's value, or null after a problem that ends the reading.</summary>
    public PolicyNode? Read()
    {
        var reader = new Utf8JsonReader(source.Json.Span, s_options);
        try
        {
            reader.Read();
            var root = Value(ref reader, source.Pointer);
            // Reading past the end throws if anything but white space follows.
            while (reader.Read())
            {
            }

            return root;
        }
        catch (JsonException broken)
        {
            var at = Positions.Offset(source.Json.Span, broken.LineNumber ?? 0, broken.BytePositionInLine ?? 0);
            problems.Add(source, source.Pointer, at, "this is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            // GetString on bytes that are not UTF-8.
            problems.Add(source, source.Pointer, reader.TokenStartIndex, "this is not valid UTF-8");
        }

        return null;
    }

    private PolicyNode Value(ref Utf8JsonReader reader, string pointer)
    {
        var kind = reader.TokenType;
        var text = kind switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => "",
        };
        var word = new PolicyWord(text, source, pointer, reader.TokenStartIndex);
        return kind switch
        {
            JsonTokenType.StartObject => new PolicyNode { Kind = kind, Word = word, Members = Members(ref reader, pointer) },
            JsonTokenType.StartArray => new PolicyNode { Kind = kind, Word = word, Items = Items(ref reader, pointer) },
            _ => new PolicyNode { Kind = kind, Word = word },
        };
    }

    private List<(PolicyWord Name, PolicyNode Value)> Members(ref Utf8JsonReader reader, string pointer)
    {
        var members = new List<(PolicyWord Name, PolicyNode Value)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var text = reader.GetString()!;
            var name = new PolicyWord(text, source, $"{pointer}/{JsonPointer.Escape(text)}", reader.TokenStartIndex);
            reader.Read();
            var value = Value(ref reader, name.Pointer);
            if (names.Add(text))
            {
                members.Add((name, value));
            }
            else
            {
                problems.Add(name, $"\"{text}\" is given twice");
            }
        }

        return members;
    }

    private List<PolicyNode> Items(ref Utf8JsonReader reader, string pointer)
    {
        var items = new List<PolicyNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Value(ref reader, $"{pointer}/{items.Count}"));
        }

        return items;
    }
}
