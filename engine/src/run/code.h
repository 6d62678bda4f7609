// Code: a function as the VM runs it, over registers instead of a stack. The engine's own business.
//
// The depth of the stack before each instruction is known, so a place on the stack is a register
// like a slot: a frame's registers are its slots, then its stack, then constants. Loads and stores
// mostly vanish: an operation takes its operands where they lie and puts its result where it is
// stored. A register of the stack that is not in use holds nothing counted.
#pragma once

#include <cstdint>
#include <vector>

#include "core/containers.h"
#include "run/program.h"

namespace tsx::engine {

/// Instructions of the register machine, with what `a`, `b` and `c` of a unit are.
#define TSX_STEPS(X)                                                                              \
  X(Copy)       /* a = b */                                                                       \
  X(CopyInt)    /* a = b, where the program's types say that b is an int */                       \
  X(CopyFloat)                                                                                    \
  X(CopyBool)                                                                                     \
  X(Take)       /* a = b, and b becomes None */                                                   \
  X(Const)      /* a = constant b */                                                              \
  X(Fresh)      /* a = constant b: a weight, or made anew, since a list may be written */         \
  X(Clear)      /* a = None */                                                                    \
  X(Uninit)     /* a = the value of a path never taken */                                         \
  X(Call)       /* c = operator b of the registers from a; more results follow a */               \
  X(Tile)       /* c = tile b of the registers from a */                                          \
  X(CallF)      /* function b of the registers from a; its results come there */                  \
  X(CallM)      /* method b with c operands from a, the object first */                           \
  X(Ret)        /* gives the registers from a */                                                  \
  X(Jump)       /* to a */                                                                        \
  X(JumpFalse)  /* to b unless a */                                                               \
  X(Loop)       /* LOOP with its registers from a; ends at b; c are carried */                    \
  X(LoopNext)   /* the next turn at b, its number in c; n: whether the condition is looked at */  \
  X(Guard)      /* guard b of a */                                                                \
  X(Raise)      /* the exception of message a and kind a + 1 */                                   \
  X(Print)      /* b registers from a */                                                          \
  X(Write)      /* the text in a */                                                               \
  X(List)       /* a = list of b registers from a */                                              \
  X(Tuple)                                                                                        \
  X(Dict)                                                                                         \
  X(Unpack)     /* b registers from a = the elements of a */                                      \
  X(Index)      /* a = a[a + 1] */                                                                \
  X(Slice)      /* a = a[a + 1 : a + 2] */                                                        \
  X(GetAttr)    /* a = attribute c of b */                                                        \
  X(SetAttr)    /* attribute b of a = a + 1 */                                                    \
  X(Create)     /* a = an object of type b */                                                     \
  X(IsInstance) /* a = whether a is of type b */                                                  \
  X(ToTensor)   /* a = tensor of number a */                                                      \
  X(EnumName)                                                                                     \
  X(EnumValue)                                                                                    \
  X(Mask)       /* a = b & c: the rest by a power of two */                                       \
  X(AddModI)    /* a = (b + c) % n, which is a constant above 0 */                                \
  X(SubModI)                                                                                      \
  /* a = b op c; in the order of the opcodes */                                                   \
  X(AddI) X(SubI) X(MulI) X(FloordivI) X(ModI) X(NegI)                                            \
  X(EqI) X(NeI) X(LtI) X(LeI) X(GtI) X(GeI)                                                       \
  X(AddF) X(SubF) X(MulF) X(DivF) X(NegF)                                                         \
  X(EqF) X(NeF) X(LtF) X(LeF) X(GtF) X(GeF)                                                       \
  X(NotB)                                                                                         \
  /* to a unless b op c; in the order of the opcodes */                                           \
  X(UnlessEqI) X(UnlessNeI) X(UnlessLtI) X(UnlessLeI) X(UnlessGtI) X(UnlessGeI)                   \
  X(UnlessEqF) X(UnlessNeF) X(UnlessLtF) X(UnlessLeF) X(UnlessGtF) X(UnlessGeF)                   \
  X(UnlessNoBit) /* to a unless b & c is 0 */                                                     \
  X(UnlessBit)   /* to a unless b & c is not 0 */

enum class StepKind : std::uint16_t {
#define X(name) k##name,
  TSX_STEPS(X)
#undef X
};

constexpr std::int64_t kMostNearRest = std::int64_t{1} << 62;  // n of AddModI is below
constexpr std::uint32_t kNoRegister = UINT32_MAX;

struct Unit {
  StepKind kind;
  std::uint16_t n = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

struct Code {
  std::vector<Unit> units;
  std::vector<std::uint32_t> places;  // of each unit: the instruction it does
  std::vector<Value> constants;       // of the registers behind the stack: numbers only
  std::uint32_t slots = 0;
  std::uint32_t registers = 0;
};

Code translate(const Program& program, const Function& function);

}  // namespace tsx::engine
