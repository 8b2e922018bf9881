using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Reads <c>diff</c>.</summary>
internal static class DiffReader
{
    /// <summary>What it asks for; null for false, and for what cannot be read.</summary>
    public static DiffSpec? Read(ref JsonCursor json, HostPaths paths)
    {
        if (json.Token is JsonTokenType.True or JsonTokenType.False)
        {
            return json.Token == JsonTokenType.True ? new DiffSpec() : null;
        }

        var start = json.Offset;
        if (!json.EnterObject("must be true, false or { \"to\": PATH }"))
        {
            return null;
        }

        string? path = null;
        var seen = false;
        while (json.NextMember(Members.Diff) is not null)
        {
            seen = true;
            path = paths.Read(ref json);
        }

        json.RequireMember("to", seen, start);
        return path is null ? null : new DiffSpec { To = path };
    }
}
