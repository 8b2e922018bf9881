using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The member <c>ipc</c>: a word, or an object that names another job.</summary>
internal static class IpcForm
{
    private const string Private = "private";
    private const string Shareable = "shareable";
    private const string Supported = "must be \"private\", \"shareable\", or { \"container\": \"ID\" }";

    private static readonly string[] s_members = ["container"];

    /// <summary>Its words.</summary>
    public static readonly string[] Words = [Private, Shareable];

    /// <summary>Reads it.</summary>
    public static IpcNamespace Read(ref JsonCursor json)
    {
        if (json.Token == JsonTokenType.StartObject)
        {
            var start = json.Offset;
            string? container = null;
            _ = json.EnterObject(Supported);
            while (json.NextMember(s_members) is not null)
            {
                container = json.Text("must be the name or id of a job");
            }

            json.RequireMember("container", container is not null, start);
            return new() { Container = container };
        }

        var text = json.Text(Supported);
        if (text is not null && !Words.Contains(text))
        {
            json.Problem($"ipc \"{text}\" is not known: it {Supported}", Suggestions.For(text, Words));
        }

        return new() { Shareable = text == Shareable };
    }

    /// <summary>Writes it, unless it is as usual.</summary>
    public static void Write(Utf8JsonWriter json, IpcNamespace ipc)
    {
        if (ipc.Container is { } container)
        {
            json.WriteStartObject("ipc");
            json.WriteString("container", container);
            json.WriteEndObject();
        }
        else if (ipc.Shareable)
        {
            json.WriteString("ipc", Shareable);
        }
    }
}
