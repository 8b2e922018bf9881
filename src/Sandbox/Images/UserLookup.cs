using System.Globalization;
using System.Text;
using Sandbox.Text;

namespace Sandbox.Images;

// The rules are those of docker and runc: a name is looked up first, what is not found and is a number is an id, a user
// without an entry has the group 0.

/// <summary>Users and groups of an image by its own passwd(5) and group(5).</summary>
internal sealed class UserLookup(byte[]? passwd, byte[]? group, string image)
{
    private const int PasswdFields = 4;
    private const int GroupFields = 3;

    /// <summary>The ids for <c>user</c> or <c>user:group</c>, each a name or a number.</summary>
    /// <exception cref="SandboxException">A name is unknown.</exception>
    public (uint Uid, uint Gid) Find(string text)
    {
        var colon = text.IndexOf(':');
        var user = colon < 0 ? text : text[..colon];
        var (uid, gid) = user.Length == 0 ? (0, 0) : FindUser(user);
        return colon < 0 || colon == text.Length - 1 ? (uid, gid) : (uid, FindGroup(text[(colon + 1)..]));
    }

    private (uint Uid, uint Gid) FindUser(string user)
    {
        var entries = Entries(passwd, PasswdFields).ToArray();
        var entry = entries.FirstOrDefault(fields => fields[0] == user) ?? entries.FirstOrDefault(fields => Id(user) is { } id && Id(fields[2]) == id);
        if (entry is not null && Id(entry[2]) is { } uid && Id(entry[3]) is { } gid)
        {
            return (uid, gid);
        }

        return (Id(user) ?? throw Unknown("user", user, passwd is null ? "it has no /etc/passwd" : "it is not in its /etc/passwd"), 0);
    }

    private uint FindGroup(string name)
    {
        var entry = Entries(group, GroupFields).FirstOrDefault(fields => fields[0] == name);
        if (entry is not null && Id(entry[2]) is { } gid)
        {
            return gid;
        }

        return Id(name) ?? throw Unknown("group", name, group is null ? "it has no /etc/group" : "it is not in its /etc/group");
    }

    private static IEnumerable<string[]> Entries(byte[]? file, int fields) =>
        Encoding.UTF8.GetString(file ?? []).Split('\n').Select(line => line.Split(':')).Where(entry => entry.Length >= fields);

    // -1 is no id but "leave it" (chown(2)), and neither runc nor docker takes one above 2^31-1.
    private static uint? Id(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= int.MaxValue ? id : null;

    private SandboxException Unknown(string kind, string name, string why) => new($"the image wants to run as the {kind} {Words.Quote(name)}, but {why}")
    {
        Operation = Operation.FindImageUser,
        Path = image,
    };
}
