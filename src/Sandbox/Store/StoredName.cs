namespace Sandbox.Store;

/// <summary>A file of the store that a job asks for.</summary>
/// <param name="Sha256">64 hexadecimal digits.</param>
/// <param name="Pointer">JSON pointer of the member that named it.</param>
internal readonly record struct StoredName(string Sha256, string Pointer)
{
    /// <summary>All that a job asks for; most ask for none.</summary>
    public static List<StoredName> Of(JobSpec spec)
    {
        var names = new List<StoredName>();
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            if (spec.Mounts[index] is StoredMount mount)
                names.Add(new(mount.Sha256, $"/mounts/{index}/source"));
        }

        foreach (var file in spec.Files)
        {
            if (file.Content is StoredContent content)
                names.Add(new(content.Sha256, $"/files/{Sandbox.Text.JsonPointer.Escape(file.Path)}/from"));
        }

        if (spec.Stdin is ContentStdin { Content: StoredContent stdin })
            names.Add(new(stdin.Sha256, "/stdin/from"));
        return names;
    }
}
