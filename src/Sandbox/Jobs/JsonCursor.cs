using System.Globalization;
using System.Text;
using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>
/// Walks a JSON file and knows where it is: the path to the current value, so that a problem can be told with
/// its pointer, and the members already seen. Every reading method leaves the cursor on the last token of its value.
/// </summary>
internal ref struct JsonCursor
{
    // Deeper than any object of job.json; an inline policy is skipped over as a whole.
    private const int DeepestPath = 14;

    private readonly ReadOnlySpan<byte> _utf8;
    private readonly ProblemList _problems;
    private readonly Level[] _path = new Level[DeepestPath];
    private Utf8JsonReader _json;
    private int _depth;

    public JsonCursor(ReadOnlySpan<byte> utf8, JsonReaderOptions options, ProblemList problems)
    {
        _utf8 = utf8;
        _problems = problems;
        _json = new Utf8JsonReader(utf8, options);
    }

    public readonly JsonTokenType Token => _json.TokenType;

    public readonly long Offset => _json.TokenStartIndex;

    /// <summary>Moves to the next token; false at the end of the file.</summary>
    public bool Read() => _json.Read();

    public bool EnterObject(string expected)
    {
        if (_json.TokenType == JsonTokenType.StartObject)
        {
            _path[_depth++] = default;
            return true;
        }

        Refuse(expected);
        return false;
    }

    /// <summary>Moves to the value of the next known member and returns its name; null after the last one.</summary>
    public string? NextMember(string[] known)
    {
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var index = known.Length - 1;
            while (index >= 0 && !JsonText.Is(_json, known[index]))
            {
                index--;
            }

            if (Accept(index, known))
            {
                _json.Read();
                return known[index];
            }

            _json.Skip();
        }

        _depth--;
        return null;
    }

    /// <summary>Moves to the value of the next member of an object with free names; null after the last one.</summary>
    public string? NextKey(HashSet<string> seen)
    {
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonText.Decode(_json);
            _path[_depth - 1].Name = name ?? Unreadable;
            if (name is not null && seen.Add(name))
            {
                _json.Read();
                return name;
            }

            Problem(name is null ? NotText : $"member \"{name}\" appears twice");
            _json.Skip();
        }

        _depth--;
        return null;
    }

    public bool EnterArray(string expected)
    {
        if (_json.TokenType == JsonTokenType.StartArray)
        {
            _path[_depth++] = new Level { Index = -1 };
            return true;
        }

        Refuse(expected);
        return false;
    }

    public bool NextElement()
    {
        if (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            _path[_depth - 1].Index++;
            return true;
        }

        _depth--;
        return false;
    }

    /// <summary>The current value is this string.</summary>
    public readonly bool IsText(string text) => _json.TokenType == JsonTokenType.String && JsonText.Is(_json, text);

    /// <summary>The string a member of the current object has, without moving; null if it has none.</summary>
    public readonly string? PeekText(string member)
    {
        var ahead = _json;
        while (_json.TokenType == JsonTokenType.StartObject && ahead.Read() &&
            ahead.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ahead, member) && ahead.Read())
            {
                return ahead.TokenType == JsonTokenType.String ? JsonText.Decode(ahead) : null;
            }

            ahead.Skip();
        }

        return null;
    }

    /// <summary>The current object has this member, which is seen without moving.</summary>
    public readonly bool Has(string member)
    {
        var ahead = _json;
        try
        {
            while (_json.TokenType == JsonTokenType.StartObject && ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonText.Is(ahead, member))
                {
                    return true;
                }

                ahead.Skip();
            }
        }
        catch (JsonException)
        {
            // Whoever comes to it tells of it.
        }

        return false;
    }

    /// <summary>The current string; null, with the problem noted, for anything else.</summary>
    public string? Text(string expected)
    {
        if (_json.TokenType != JsonTokenType.String)
        {
            Refuse(expected);
            return null;
        }

        var text = JsonText.Decode(_json);
        if (text is null)
        {
            Problem(NotText);
        }

        return text;
    }

    /// <summary>The bytes of the current string in UTF-8.</summary>
    public byte[]? Utf8Text(string expected)
    {
        if (_json.TokenType != JsonTokenType.String)
        {
            Refuse(expected);
            return null;
        }

        var text = JsonText.DecodeUtf8(_json);
        if (text is null)
        {
            Problem(NotText);
        }

        return text;
    }

    public bool? Boolean()
    {
        if (_json.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return _json.GetBoolean();
        }

        Refuse("must be true or false");
        return null;
    }

    public long? Integer(string expected)
    {
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var number))
        {
            return number;
        }

        Refuse(expected);
        return null;
    }

    /// <summary>The current value as a number with a fraction; null, with the problem noted, for anything else.</summary>
    public double? Decimal(string expected)
    {
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetDouble(out var number) && double.IsFinite(number))
        {
            return number;
        }

        Refuse(expected);
        return null;
    }

    /// <summary>Passes over the current value and returns its JSON as written.</summary>
    public ReadOnlySpan<byte> Raw()
    {
        var start = (int)_json.TokenStartIndex;
        _json.Skip();
        return _utf8[start..(int)_json.BytesConsumed];
    }

    public void Skip() => _json.Skip();

    /// <summary>Notes a problem of the current value and passes over it.</summary>
    public void Refuse(string message, string? suggestion = null)
    {
        Problem(message, suggestion);
        _json.Skip();
    }

    /// <summary>Notes a problem of the current value.</summary>
    public readonly void Problem(string message, string? suggestion = null) =>
        _problems.Add(Pointer(), message, suggestion, _json.TokenStartIndex);

    /// <summary>Notes that the object that started at an offset, just read to its end, lacks a member.</summary>
    public readonly void RequireMember(string member, bool seen, long start)
    {
        if (!seen)
        {
            _problems.Add($"{Pointer()}/{member}", "is missing", null, start);
        }
    }

    /// <summary>Notes a problem of the whole value that started at an offset.</summary>
    public readonly void ProblemAt(long offset, string message) => _problems.Add(Pointer(), message, null, offset);

    private const string Unreadable = "\uFFFD";

    private const string NotText = "is not valid text: a lone surrogate or bytes that are not UTF-8";

    private bool Accept(int index, string[] known)
    {
        ref var level = ref _path[_depth - 1];
        if (index < 0)
        {
            var name = JsonText.Decode(_json);
            level.Name = name ?? Unreadable;
            Problem(name is null ? NotText : $"unknown member \"{name}\"", name is null ? null : Habits.For(name, known) ?? Suggestions.For(name, known));
            return false;
        }

        level.Name = known[index];
        if ((level.Seen & (1UL << index)) != 0)
        {
            Problem($"member \"{level.Name}\" appears twice");
            return false;
        }

        level.Seen |= 1UL << index;
        return true;
    }

    private readonly string Pointer()
    {
        var pointer = new StringBuilder();
        for (var depth = 0; depth < _depth; depth++)
        {
            ref var level = ref _path[depth];
            pointer.Append('/').Append(level.Name is null
                ? level.Index.ToString(CultureInfo.InvariantCulture)
                : JsonPointer.Escape(level.Name));
        }

        return pointer.ToString();
    }

    private struct Level
    {
        public string? Name;
        public int Index;
        public ulong Seen;
    }
}
