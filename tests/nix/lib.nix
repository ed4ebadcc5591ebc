# A small module system, for a machine that has Nix and no nixpkgs: written from the NixOS manual's description of
# modules, it has as much of `lib` as the module under test uses. Options with types and defaults, conditions and
# priorities, submodules with freeformType, imports. What nothing declares (systemd.*, users.* …) is merged untyped.
let
  inherit (builtins)
    all
    any
    attrNames
    concatLists
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    functionArgs
    genList
    hasAttr
    head
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    length
    listToAttrs
    map
    mapAttrs
    match
    replaceStrings
    substring
    toJSON
    ;

  at = loc: concatStringsSep "." loc;
  unique = l: foldl' (acc: x: if elem x acc then acc else acc ++ [ x ]) [ ] l;
  isDrv = v: isAttrs v && v ? outPath;
  special =
    v:
    isAttrs v
    && v ? _type
    && elem v._type [
      "if"
      "merge"
      "override"
    ];

  # defs -> defs without properties, highest priority only
  discharge =
    v:
    if !(special v) then
      [
        {
          prio = 100;
          value = v;
        }
      ]
    else if v._type == "if" then
      (if v.condition then discharge v.content else [ ])
    else if v._type == "merge" then
      concatLists (map discharge v.contents)
    else
      map (d: d // { prio = v.priority; }) (discharge v.content);
  best =
    defs:
    let
      ds = concatLists (map discharge defs);
      p = foldl' (a: d: if d.prio < a then d.prio else a) 9999 ds;
    in
    map (d: d.value) (filter (d: d.prio == p) ds);

  # push properties one level down, so that attribute names do not depend on any condition
  push =
    v:
    if !(special v) then
      [ v ]
    else if v._type == "merge" then
      concatLists (map push v.contents)
    else
      map (mapAttrs (_: c: v // { content = c; })) (push v.content);

  mergeEqual =
    loc: vs:
    if all (v: v == head vs) vs then
      head vs
    else
      throw "`${at loc}' has conflicting definitions: ${
        concatStringsSep ", " (map (v: if isFunction v then "<function>" else toJSON v) vs)
      }";

  evalKeys =
    loc: elem: defs:
    let
      ds = concatLists (map push defs);
      names = unique (concatLists (map attrNames ds));
      one = n: elem (loc ++ [ n ]) (map (d: d.${n}) (filter (hasAttr n) ds));
      present = filter (n: best (map (d: d.${n}) (filter (hasAttr n) ds)) != [ ]) names;
    in
    listToAttrs (
      map (n: {
        name = n;
        value = one n;
      }) present
    );

  anything =
    loc: defs:
    let
      vs = best defs;
    in
    if vs == [ ] then
      throw "`${at loc}' has no value"
    else if all (v: isAttrs v && !(isDrv v)) vs then
      evalKeys loc anything vs
    else if any isList vs then
      # As NixOS's types have it, those of units as well.
      if all isList vs then
        concatLists (map (map strip) vs)
      else
        throw "the definitions of `${at loc}' are a mix of lists and others"
    else
      mergeEqual loc vs;
  strip = v: if isAttrs v && !(isDrv v) then mapAttrs (_: strip) v else v;

  mk = name: check: {
    inherit name check;
    eval =
      loc: vs:
      mergeEqual loc (
        map (
          v:
          if check v then
            v
          else
            throw "`${at loc}' is not of type ${name}: ${if isFunction v then "<function>" else toJSON v}"
        ) vs
      );
  };
  isAbs = v: (isPath v) || (isString v && substring 0 1 v == "/") || isDrv v;
  inStore = v: isPath v || match "/nix/store/.*" (toString v) != null;

  types = rec {
    bool = mk "boolean" isBool;
    int = mk "integer" isInt;
    float = mk "float" isFloat;
    str = mk "string" isString;
    path = mk "absolute path" isAbs;
    pathWith =
      path:
      mk "path ${toJSON path}" (
        v: isAbs v == path.absolute or (isAbs v) && inStore v == path.inStore or (inStore v)
      );
    package = mk "package" isDrv;
    lines = (mk "lines" isString) // {
      eval = _: vs: concatStringsSep "\n" vs;
    };
    enum = vs: mk "one of ${toJSON vs}" (v: elem v vs);
    anything = {
      name = "anything";
      check = _: true;
      eval = self.anything;
    };
    nullOr = t: {
      name = "null or ${t.name}";
      check = v: v == null || t.check v;
      eval = loc: vs: if all (v: v == null) vs then null else t.eval loc vs;
    };
    listOf = t: {
      name = "list of ${t.name}";
      check = isList;
      eval =
        loc: vs:
        concatLists (
          map (
            v:
            if isList v then
              concatLists (
                genList (i: map (x: t.eval (loc ++ [ (toString i) ]) [ x ]) (best [ (elemAt v i) ])) (length v)
              )
            else
              throw "`${at loc}' is not a list"
          ) vs
        );
    };
    attrsOf = t: {
      name = "attribute set of ${t.name}";
      element = t;
      check = v: isAttrs v && !(isDrv v);
      eval =
        loc: vs:
        if all isAttrs vs then
          evalKeys loc (l: d: t.eval l (best d)) vs
        else
          throw "`${at loc}' is not an attribute set";
    };
    oneOf = ts: {
      name = "one of types ${concatStringsSep " / " (map (t: t.name) ts)}";
      check = v: any (t: t.check v) ts;
      eval =
        loc: vs:
        let
          ok = filter (t: all t.check vs) ts;
        in
        if ok == [ ] then
          throw "`${at loc}' is none of the allowed types: ${toJSON vs}"
        else
          (head ok).eval loc vs;
    };
    submodule = m: submoduleWith { modules = if isList m then m else [ m ]; };
    submoduleWith = { modules, ... }: {
      name = "submodule";
      check = v: isAttrs v || isFunction v;
      inherit modules;
      eval =
        loc: vs:
        (evalModules {
          modules = modules ++ map (v: if isFunction v then v else { config = v; }) vs;
          prefix = loc;
          args.name = if loc == [ ] then "" else elemAt loc (length loc - 1);
        }).config;
    };
  };
  self = { inherit anything; };

  evalModules =
    {
      modules,
      args ? { },
      prefix ? [ ],
      loose ? false,
    }:
    let
      call =
        m:
        if isFunction m then
          m (
            let
              fa = functionArgs m;
              base = {
                inherit config lib options;
              }
              // args;
            in
            if fa == { } then base else builtins.intersectAttrs fa base
          )
        else if isPath m || isString m then
          call (import m)
        else
          m;
      flat =
        m:
        let
          c = call m;
        in
        concatLists (map flat (c.imports or [ ])) ++ [ c ];
      mods = concatLists (map flat modules);
      structured = m: m ? config || m ? options;
      defs = map (
        m:
        if structured m then
          m.config or { }
        else
          removeAttrs m [
            "imports"
            "_file"
            "meta"
            "freeformType"
            "key"
            "disabledModules"
          ]
      ) mods;
      mergeOpts =
        a: b:
        foldl' (
          acc: n:
          acc
          // {
            ${n} =
              if acc ? ${n} && !(isOpt acc.${n}) && !(isOpt b.${n}) then mergeOpts acc.${n} b.${n} else b.${n};
          }
        ) a (attrNames b);
      isOpt = o: isAttrs o && (o._type or "") == "option";
      options = foldl' mergeOpts { } (map (m: m.options or { }) mods);
      freeform = foldl' (a: m: if m ? freeformType then m.freeformType else a) null mods;
      walk =
        loc: opts: defs:
        let
          ds = concatLists (map push defs);
          names = unique (concatLists (map attrNames ds));
          sub = n: map (d: d.${n}) (filter (hasAttr n) ds);
          declared = mapAttrs (
            n: o: if isOpt o then value (loc ++ [ n ]) o (sub n) else walk (loc ++ [ n ]) o (sub n)
          ) opts;
          extra = filter (n: !(opts ? ${n}) && n != "_module") names;
          undeclared =
            if extra == [ ] then
              { }
            else if loc == prefix && freeform != null then
              freeform.eval loc (
                map (
                  d:
                  listToAttrs (
                    map (n: {
                      name = n;
                      value = d.${n};
                    }) (filter (n: elem n extra) (attrNames d))
                  )
                ) ds
              )
            else if loose && !(isOptTree loc) then
              listToAttrs (
                map (n: {
                  name = n;
                  value = if best (sub n) == [ ] then { } else anything (loc ++ [ n ]) (sub n);
                }) extra
              )
            else
              throw "the option `${at (loc ++ [ (head extra) ])}' does not exist";
        in
        declared // undeclared;
      # below the first two levels (services.<name>) of a declared option tree an unknown name is a mistake
      isOptTree = loc: length loc >= 2;
      value =
        loc: o: defs:
        let
          vs = best defs;
          t = o.type or types.anything;
          d = if o ? default then [ o.default ] else [ ];
          v =
            if vs != [ ] then
              t.eval loc vs
            else if d != [ ] then
              (if t ? modules then t.eval loc d else o.default)
            else if t ? modules then
              t.eval loc [ { } ]
            else
              throw "`${at loc}' was accessed but has no value";
        in
        if o ? apply then o.apply v else v;
      config = walk prefix options defs;
      # Every option, those of submodules too: `hosts.*.backend.kind`.
      docs =
        loc: opts:
        concatLists (
          map (
            n:
            let
              l = loc ++ [ n ];
            in
            if isOpt opts.${n} then docsOf l opts.${n} else docs l opts.${n}
          ) (attrNames opts)
        );
      docsOf =
        loc: option:
        let
          type = option.type or types.anything;
          below =
            loc: type:
            if type ? modules then
              docs loc
                (evalModules {
                  inherit (type) modules;
                  prefix = loc;
                }).options
            else if type ? element then
              below (loc ++ [ "*" ]) type.element
            else
              [ ];
        in
        [
          {
            name = at loc;
            type = type.name;
            description = option.description or "";
          }
        ]
        ++ below loc type;
    in
    {
      inherit config options;
      docs = docs prefix options;
    };

  lib = rec {
    inherit types evalModules;
    fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    modules.importApply = file: arguments: import file arguments;

    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkPackageOption =
      packages: name:
      {
        pkgsText ? "pkgs",
      }:
      mkOption {
        type = types.package;
        default = packages.${name};
        defaultText = literalExpression "${pkgsText}.${name}";
        description = "The ${name} package to use.";
      };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };
    mkDefault = mkOverride 1000;
    mkForce = mkOverride 50;
    # The order of a list's or text's parts is not kept.
    mkBefore = content: content;
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    showOption = concatMapStringsSep "." (
      name: if match "[a-zA-Z_*][a-zA-Z0-9_-]*" name != null then name else toJSON name
    );

    inherit (builtins)
      all
      any
      attrNames
      attrValues
      concatLists
      concatMap
      concatStringsSep
      elem
      elemAt
      filter
      fromJSON
      genList
      head
      isAttrs
      isList
      isString
      length
      listToAttrs
      mapAttrs
      stringLength
      tail
      ;
    last = list: elemAt list (length list - 1);
    toList = value: if isList value then value else [ value ];
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    optionalAttrs = condition: attrs: if condition then attrs else { };
    optionalString = condition: text: if condition then text else "";

    nameValuePair = name: value: { inherit name value; };
    mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (attrNames attrs);
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    filterAttrs =
      keep: attrs:
      listToAttrs (
        map (name: nameValuePair name attrs.${name}) (
          filter (name: keep name attrs.${name}) (attrNames attrs)
        )
      );
    filterAttrsRecursive =
      keep: attrs:
      mapAttrs (
        _: value: if isAttrs value && !(isDrv value) then filterAttrsRecursive keep value else value
      ) (filterAttrs keep attrs);
    recursiveUpdate =
      a: b:
      a
      // mapAttrs (
        name: value:
        if a ? ${name} && isAttrs a.${name} && isAttrs value then recursiveUpdate a.${name} value else value
      ) b;

    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    splitString = separator: text: filter isString (builtins.split (escapeRegex separator) text);
    escapeRegex = replaceStrings [ "." "*" ] [ "\\." "\\*" ];
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        start = stringLength text - stringLength suffix;
      in
      start >= 0 && substring start (stringLength suffix) text == suffix;
    removeSuffix =
      suffix: text:
      if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
    hasInfix = infix: text: length (builtins.split (escapeRegex infix) text) > 1;
    toLower =
      let
        upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        lower = "abcdefghijklmnopqrstuvwxyz";
        letters = text: genList (n: substring n 1 text) (stringLength text);
      in
      replaceStrings (letters upper) (letters lower);
    toInt = fromJSON;
    escapeShellArg = text: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    escapeShellArgs = concatMapStringsSep " " escapeShellArg;

    getExe = package: getExe' package package.meta.mainProgram;
    getExe' = package: name: "${package}/bin/${name}";
    hiPrio = package: package;
    importTOML = file: builtins.fromTOML (builtins.readFile file);
    licenses = {
      mit = "mit";
      asl20 = "asl20";
    };
    platforms.linux = [
      "aarch64-linux"
      "x86_64-linux"
    ];
    # A file that is named and not there is an error.
    fileset = {
      unions = map (path: if builtins.pathExists path then path else throw "no file ${toString path}");
      toSource = { fileset, ... }: { files = map toString fileset; };
    };
  };
in
lib
